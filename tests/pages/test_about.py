from collections.abc import Callable
from importlib.metadata import version

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import words


def test_limits_law_and_versions_are_there(open_page: Callable[..., AppTest]) -> None:
    app = open_page("about.py")
    said = words(app)
    assert "article 5(1)(f)" in said
    assert "article 50(3)" in said
    assert version("streamlit") in app.table[0].value.to_string()

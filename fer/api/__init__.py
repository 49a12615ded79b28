"""The REST routes under /api/v1, for `st.App(routes=...)` or any Starlette application."""

from fer.api.endpoints import routes

__all__ = ["routes"]

# Sourced by app, test and check: goes to the project's folder and makes .venv fit a requirements
# file. Quick when nothing changed: a stamp in .venv holds a sum of what was installed.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=.venv/bin/python

fail() {
    echo "scripts/${0##*/}: $*" >&2
    exit 1
}

# The first Python that TensorFlow is there for and that runs (a name alone may be a version manager's stub).
find_python() {
    local name
    for name in python3.11 python3.12 python3.13 python3 python; do
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    return 1
}

# Fails where the interpreter was removed or is another.
venv_runs() {
    [ -x $python ] && $python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null
}

make_venv() {
    local base
    base=$(find_python) || fail "no Python 3.11 to 3.13 was found; install one (python.org)"
    [ ! -e .venv ] || echo "scripts/${0##*/}: .venv is incomplete and is made anew"
    rm -rf .venv
    "$base" -m venv .venv || fail "making .venv failed (on Debian: apt-get install python3-venv)"
}

# prepare FILE: after this, .venv holds what FILE (and requirements.txt) lists.
prepare() {
    local file=$1 stamp=.venv/.installed-$1 sum
    sum=$(cat requirements.txt "$file" | cksum)
    if venv_runs && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ]; then
        return
    fi
    # Without pip, its making was interrupted.
    { venv_runs && $python -m pip --version >/dev/null 2>&1; } || make_venv
    echo "scripts/${0##*/}: installing $file (about 3 GB and a few minutes the first time)"
    rm -f .venv/.installed-*
    $python -m pip install --quiet --disable-pip-version-check -r "$file" ||
        fail "installing $file failed"
    # The development file includes the other, so that both are then satisfied.
    cat requirements.txt requirements.txt | cksum >.venv/.installed-requirements.txt
    echo "$sum" >"$stamp"
}

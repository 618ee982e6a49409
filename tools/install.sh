# Sourced by ./run and ./test with $root set: puts the locked versions and the project into $root/.venv.
# It needs uv, or Python 3.11 or later with its venv module; a second call finds the stamp and returns at once.

use() { # use FOLDER PYTHON: from here on, install into this folder, for such a Python
    venv="$root/$1" wanted=$2
    python="$venv/bin/python"
}

use .venv '>=3.11'

stop() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# install KIND: "runtime" for what the server needs, "dev" for what its tests need too.
install() {
    digest=$(cd "$root" && sources)
    if venv_is_ours && [ "$(cat "$venv/.$1" 2>/dev/null)" = "$digest" ]; then
        return
    fi
    find_uv
    venv_is_ours || make_venv
    printf 'Installing Insta-Stream into %s; the first time takes a minute.\n' "${venv#"$root/"}" >&2
    # Compiled now: many containers tell Python to keep no bytecode, and each start would compile it all anew.
    "$uv" pip install --quiet --compile-bytecode --python "$python" --require-hashes \
        -r "$root/requirements/$1.txt" -r "$root/requirements/build.txt" ||
        stop "The packages could not be installed; see the lines above."
    "$uv" pip install --quiet --python "$python" --no-deps --no-build-isolation --editable "$root" ||
        stop "Insta-Stream could not be built; see the lines above."
    printf '%s\n' "$digest" | tee "$venv/.runtime" >"$venv/.$1"
}

# Everything that an installation is made of, but the Python code, which is used where it lies.
sources() {
    find requirements pyproject.toml hatch_build.py web \
        -name node_modules -prune -o -name .stamp -prune -o -type f -exec cksum {} + | LC_ALL=C sort | cksum
}

# A virtual environment that works, and was made for this folder.
venv_is_ours() {
    grep -qsF "$venv" "$venv/bin/activate" && "$python" -c '' 2>/dev/null
}

make_venv() {
    "$uv" venv --quiet --clear --no-python-downloads --python "$wanted" "$venv" 2>/dev/null ||
        "$uv" venv --quiet --clear --python "$wanted" "$venv" ||
        stop "There is no Python 3.11 or later on this machine: install one, for instance with 'apt install python3 python3-venv'."
}

# Find uv, or fetch the locked version with pip, into an environment of its own.
find_uv() {
    if uv=$(command -v uv) && "$uv" --version >/dev/null 2>&1; then
        return
    fi
    uv="$root/.tools/bin/uv"
    if "$uv" --version >/dev/null 2>&1; then
        return
    fi
    find_python
    "$found" -c 'import venv, ensurepip' 2>/dev/null ||
        stop "Python's venv module is missing: install it ('apt install python3-venv' on Debian and Ubuntu), or install uv."
    rm -rf "$root/.tools"
    "$found" -m venv "$root/.tools" || stop "Python could not make a virtual environment in .tools; see the lines above."
    "$root/.tools/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r "$root/requirements/uv.txt" || stop "uv could not be installed with pip; see the lines above."
}

find_python() {
    for found in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$found" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            return
        fi
    done
    stop "Insta-Stream needs Python 3.11 or later: install it ('apt install python3 python3-venv' on Debian 12 and later), or install uv."
}

# Print the newest Python on this machine, on PATH or of pyenv; fail if it is not newer than that of .venv.
newer_python() {
    for minor in 19 18 17 16 15 14 13 12; do
        for found in "python3.$minor" "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$minor".*/bin/python3; do
            if "$found" -c '' >/dev/null 2>&1; then
                "$root/.venv/bin/python" -c "import sys; sys.exit(sys.version_info >= (3, $minor))" && echo "$found"
                return
            fi
        done
    done
    return 1
}

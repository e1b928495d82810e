#!/bin/sh
# setup.sh PYTHON VENV REQUIREMENTS: a virtual environment with exactly what the lock file says; instant when it has it.
set -eu
python=$1 venv=$2 requirements=$3
installed="$venv/$(basename "$requirements")"

# The file of the developers contains all of the other one.
if cmp -s "$requirements" "$installed"; then exit 0; fi
if [ "$requirements" = requirements.txt ] && cmp -s requirements-dev.txt "$venv/requirements-dev.txt"; then exit 0; fi

if [ -z "$python" ]; then
  echo "Pitboss needs Python 3.11 or later; set PYTHON=/path/to/python" >&2
  exit 1
fi
echo "installing $requirements into $venv (once, and whenever it changes)"
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c 'import sys' 2>/dev/null; then
  # A system without the venv module's pip (Debian without python3-venv) still has a pip of its own that can serve.
  "$python" -m venv "$venv" 2>/dev/null || "$python" -m venv --clear --without-pip "$venv"
fi
if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  pip="$venv/bin/python -m pip"
elif "$python" -m pip --version >/dev/null 2>&1; then
  pip="$python -m pip --python $venv/bin/python"
else
  echo "neither $venv nor $python has pip; install python3-venv or python3-pip" >&2
  exit 1
fi
# The file is complete: nothing is left to resolve, and what is released tomorrow cannot stand in the way of what is locked.
$pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes -r "$requirements"
env -u PYTHONDONTWRITEBYTECODE "$venv/bin/python" -m compileall -q -j 0 "$venv/lib" >/dev/null 2>&1 || true
cp "$requirements" "$installed"

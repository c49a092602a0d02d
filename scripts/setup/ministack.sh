#!/usr/bin/env bash
# Installs ministack, an AWS emulator written by others, against which the contract tests check our local AWS KMS: so
# that our reading of the documents is not only our own. Prints the folder of its Python environment.
# Nothing happens when it is installed already; an interrupted installation is made anew.
set -euo pipefail

version=1.5.33
folder="${XDG_CACHE_HOME:-$HOME/.cache}/pulumi-byok/ministack-$version"

if [ ! -f "$folder/installed" ]; then
  if ! command -v python3 >/dev/null; then
    echo "ministack needs Python 3.10 or newer: apt-get install python3 python3-venv" >&2
    exit 1
  fi
  rm -rf "$folder"
  python3 -m venv "$folder" >&2
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "ministack==$version" cryptography >&2
  touch "$folder/installed"
fi

echo "$folder"

#!/usr/bin/env bash
# Installs Azure's Python clients for keys and identity, with which a test checks that the local Azure is not made for the JavaScript ones alone.
# Prints the folder of their Python environment. Nothing happens when it is installed already; an interrupted installation is made anew.
set -euo pipefail

keys=4.11.0
identity=1.25.1
folder="${XDG_CACHE_HOME:-$HOME/.cache}/pulumi-byok/azure-python-$keys"

if [ ! -f "$folder/installed" ]; then
  if ! command -v python3 >/dev/null; then
    echo "Azure's Python clients need Python 3.9 or newer: apt-get install python3 python3-venv" >&2
    exit 1
  fi
  rm -rf "$folder"
  python3 -m venv "$folder" >&2
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "azure-keyvault-keys==$keys" "azure-identity==$identity" >&2
  touch "$folder/installed"
fi

echo "$folder"

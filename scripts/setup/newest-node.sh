#!/usr/bin/env bash
# Installs the newest Node that is supported, for the tests that run the package under it as well as under the Node at hand.
# Prints the folder of the `node` program. Nothing happens when it is installed already.
set -euo pipefail

version=24.21.0
folder="${XDG_CACHE_HOME:-$HOME/.cache}/pulumi-byok/node-$version"

if [ ! -f "$folder/installed" ]; then
  rm -rf "$folder"
  mkdir -p "$folder"
  echo '{ "private": true, "allowScripts": { "node": true } }' >"$folder/package.json"
  npm install --prefix "$folder" --no-save --no-audit --no-fund "node@$version" >&2
  "$folder/node_modules/node/bin/node" --version >&2
  touch "$folder/installed"
fi

echo "$folder/node_modules/node/bin"

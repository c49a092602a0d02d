#!/usr/bin/env bash
# Installs the npm packages of package-lock.json where they are missing or others, and links the package into its own
# node_modules. Does nothing, and needs no network, when all are there.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
# shellcheck source=scripts/setup/terminal.sh
. "$here/terminal.sh"
cd "$root"

command -v node >/dev/null || die "Node is missing; install Node 20.19 or newer with npm (https://nodejs.org), then run this again."
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
  die "Node $(node --version) is too old; install Node 20.19 or newer (https://nodejs.org), then run this again."
command -v npm >/dev/null || die "npm is missing; install it (Debian: apt-get install -y npm), then run this again."

# The native add-on is compiled against Node's headers. Where this Node came with its own, nothing has to be downloaded.
if [ -z "${npm_config_nodedir:-}" ]; then
  headers="$(node -e '
    const fs = require("node:fs"), path = require("node:path");
    const prefix = path.resolve(fs.realpathSync(process.execPath), "../..");
    const [major, minor, patch] = process.versions.node.split(".");
    const text = fs.readFileSync(path.join(prefix, "include/node/node_version.h"), "utf8");
    const says = (name, value) => new RegExp(`#define NODE_${name}_VERSION ${value}\\b`).test(text);
    if (says("MAJOR", major) && says("MINOR", minor) && says("PATCH", patch)) process.stdout.write(prefix);
  ' 2>/dev/null || true)"
  if [ -n "$headers" ]; then export npm_config_nodedir="$headers"; fi
fi

# What is in npm's cache needs no network, and where there is none npm shall say so within a minute, not after twenty.
export npm_config_prefer_offline=true
export npm_config_fetch_retries="${npm_config_fetch_retries:-2}"
export npm_config_fetch_retry_mintimeout="${npm_config_fetch_retry_mintimeout:-1000}"
export npm_config_fetch_retry_maxtimeout="${npm_config_fetch_retry_maxtimeout:-5000}"

if ! reason="$(node "$here/installed-packages.mjs" "$root")"; then
  with_heartbeat "Installing npm packages ($reason)" npm ci --no-fund --no-audit ||
    die "npm could not install the packages; see why by typing: npm ci"
  if ! reason="$(node "$here/installed-packages.mjs" "$root")"; then
    # Some set-ups of npm skip install scripts; the add-on needs its own.
    with_heartbeat "Compiling the native add-on ($reason)" npm rebuild --ignore-scripts=false pkcs11js ||
      die "The native add-on pkcs11js could not be compiled; see why by typing: npm rebuild --ignore-scripts=false pkcs11js"
    reason="$(node "$here/installed-packages.mjs" "$root")" || die "The npm packages are not what package-lock.json asks for: $reason. Type: npm ci"
  fi
fi

# The provider process resolves the package by name, and Node's self-reference does not reach code without a file name.
if [ "$(readlink node_modules/pulumi-byok 2>/dev/null || true)" != ".." ]; then
  rm -rf node_modules/pulumi-byok
  ln -s .. node_modules/pulumi-byok
fi

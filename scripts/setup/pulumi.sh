#!/usr/bin/env bash
# Prints the folder of a usable Pulumi CLI and of its Node parts: the one on PATH if it is new enough, else the official
# one in the user's cache, else one built here from its Go modules. Progress and reasons go to standard error.
set -euo pipefail

minimum_minor=218 # 3.218 is the oldest CLI that the package supports (peerDependencies of package.json)
version=3.250.0   # what is installed or built when there is none; the Go modules in pulumi-cli/ pin the same
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=scripts/setup/terminal.sh
. "$here/terminal.sh"

cache="${XDG_CACHE_HOME:-$HOME/.cache}/pulumi-byok"
official="$cache/versions/$version/bin"
built="$cache/pulumi-$version"

# An unpacked CLI is usable if it runs and is new enough. No version check against the network, no files in ~/.pulumi.
usable() {
  local answer major minor
  answer="$(PULUMI_SKIP_UPDATE_CHECK=true PULUMI_HOME="$scratch" "$1" version </dev/null 2>/dev/null)" || return 1
  answer="${answer#v}"
  major="${answer%%.*}"
  minor="${answer#*.}"
  minor="${minor%%.*}"
  case "$major$minor" in *[!0-9]* | "") return 1 ;; esac
  [ "$major" -eq 3 ] && [ "$minor" -ge "$minimum_minor" ]
}

answer_with() {
  printf '%s\n' "$1"
  exit 0
}

# The npm package on PATH is not the CLI: asked for its version, it would download one, into whatever PULUMI_HOME is.
is_downloader() {
  case "$(node -p 'require("node:fs").realpathSync(process.argv[1])' "$1")" in
    */node_modules/pulumi/run.js) return 0 ;;
    *) return 1 ;;
  esac
}

scratch="$(mktemp -d)"
lock=""
cleanup() {
  rm -rf "$scratch"
  if [ -n "$lock" ]; then rm -rf "$lock"; fi
}
trap cleanup EXIT

if on_path="$(command -v pulumi)" && ! is_downloader "$on_path"; then
  if usable "$on_path"; then answer_with "$(dirname "$on_path")"; fi
  say "The pulumi on PATH ($on_path) does not run or is older than 3.$minimum_minor; another one is used, this one stays as it is."
fi
for folder in "$official" "$built"; do
  if [ -x "$folder/pulumi" ] && usable "$folder/pulumi"; then answer_with "$folder"; fi
done

# One build at a time for this user; whoever waited finds it done. A lock whose owner is gone is taken over.
mkdir -p "$cache"
waited=0
until mkdir "$cache/lock" 2>/dev/null; do
  owner="$(cat "$cache/lock/pid" 2>/dev/null || true)"
  if { [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; } || { [ -z "$owner" ] && [ "$waited" -ge 5 ]; }; then
    rm -rf "$cache/lock"
    continue
  fi
  if [ $((waited % 10)) -eq 0 ]; then say "Another run (process ${owner:-unknown}) is getting the Pulumi CLI; waiting for it …"; fi
  if [ "$waited" -ge 1800 ]; then die "The Pulumi CLI was not ready after 30 minutes of waiting; remove $cache/lock and try again."; fi
  sleep 1
  waited=$((waited + 1))
done
lock="$cache/lock"
echo $$ >"$lock/pid"
for folder in "$official" "$built"; do
  if [ -x "$folder/pulumi" ] && usable "$folder/pulumi"; then answer_with "$folder"; fi
done

say "No Pulumi CLI 3.$minimum_minor or newer on PATH. Asking Pulumi's installer for $version …"
if folder="$(node "$here/official-pulumi.mjs" "$version" "$cache" 2>"$scratch/reason")" && usable "$folder/pulumi"; then
  say "  installed in $folder"
  answer_with "$folder"
fi
reason="$(tail -n 1 "$scratch/reason")"
say "  Pulumi's installer is no way here: ${reason:-what it installed does not run}."

if ! command -v go >/dev/null; then
  die "The Pulumi CLI is missing and can be neither downloaded (${reason:-the download does not run}) nor built (no Go on PATH); install it by typing: curl -fsSL https://get.pulumi.com | sh"
fi
say "Building the Pulumi CLI $version from its Go modules instead; this takes 3 to 8 minutes, once."

# go.mod and go.sum are committed, so every build takes the same sources; -mod=readonly refuses any other.
go_build() {
  (cd "$here/$1" && GOWORK=off CGO_ENABLED=0 go build -mod=readonly -trimpath -buildvcs=false \
    -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$version" -o "$scratch/bin/$2" "$3")
}
# Listing what a package needs downloads exactly that.
go_download() { (cd "$here/$1" && GOWORK=off go list -mod=readonly -deps "$2" >/dev/null); }
cli=github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
host=github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs
mkdir "$scratch/bin"
with_heartbeat "  1/4 downloading the modules of the CLI" go_download pulumi-cli "$cli" || die "The Go modules of the Pulumi CLI cannot be downloaded; check the network (or GOPROXY) and try again."
with_heartbeat "  2/4 compiling the CLI" go_build pulumi-cli pulumi "$cli" || die "The Pulumi CLI does not compile with $(go version); install it by typing: curl -fsSL https://get.pulumi.com | sh"
with_heartbeat "  3/4 downloading the modules of the Node language host" go_download pulumi-language-nodejs "$host" || die "The Go modules of Pulumi's Node language host cannot be downloaded; check the network (or GOPROXY) and try again."
with_heartbeat "  4/4 compiling the Node language host" go_build pulumi-language-nodejs pulumi-language-nodejs "$host" || die "Pulumi's Node language host does not compile with $(go version); install the CLI by typing: curl -fsSL https://get.pulumi.com | sh"

# The program that the engine starts for dynamic resources: Node with the server of the @pulumi/pulumi that the project
# in the current folder has installed.
cat >"$scratch/bin/pulumi-resource-pulumi-nodejs" <<'SCRIPT'
#!/bin/sh
server="$(node -e 'process.stdout.write(require.resolve("@pulumi/pulumi/cmd/dynamic-provider"))')" || exit 1
exec node "$server" "$@"
SCRIPT
chmod 755 "$scratch/bin/pulumi-resource-pulumi-nodejs"

usable "$scratch/bin/pulumi" || die "The Pulumi CLI was built but does not run; install it by typing: curl -fsSL https://get.pulumi.com | sh"
# Moved into place as a whole: a build that was interrupted is never taken for a finished one.
rm -rf "$built" "$built.new"
cp -R "$scratch/bin" "$built.new"
mv "$built.new" "$built"
say "  built in $built"
answer_with "$built"

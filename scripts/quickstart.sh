#!/usr/bin/env bash
# A key from a SoftHSM token to a local AWS KMS with one `pulumi up`: npm run quickstart
# Take all of it away again: npm run quickstart -- destroy
# All that it makes stands in .quickstart/ of this project; the tools it installs, where package managers put them.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
cd "$root"
# shellcheck source=scripts/setup/terminal.sh
. scripts/setup/terminal.sh

home="$root/.quickstart"
token_label=quickstart
act="${1:-up}"
export PULUMI_HOME="$home/pulumi-home" PULUMI_SKIP_UPDATE_CHECK=true
case "$act" in
  up | destroy) ;;
  *) die "usage: npm run quickstart, or: npm run quickstart -- destroy" ;;
esac

heading() { printf '\n== %s\n' "$*"; }
secret_file() { # secret_file PATH: random text, readable by its owner only, made once
  if [ ! -s "$1" ]; then
    (umask 077 && node -e 'process.stdout.write(require("node:crypto").randomBytes(18).toString("base64url"))' >"$1.new")
    mv "$1.new" "$1"
  fi
}
# For a file that bash and zsh read.
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

write_environment() { # write_environment FOLDER_OF_PULUMI
  mkdir -p "$home/bin" "$home/state" "$home/config" "$home/pulumi-home"
  printf '#!/bin/sh\nexec node %s "$@"\n' "$(quoted "$root/dist/provider/cli/main.js")" >"$home/bin/byok"
  chmod 755 "$home/bin/byok"
  {
    echo "# source .quickstart/env, then type pulumi up in the root of the project."
    echo "export PULUMI_BACKEND_URL=$(quoted "file://$home/state")"
    echo "export PULUMI_CONFIG_PASSPHRASE_FILE=$(quoted "$home/passphrase")"
    echo "export PULUMI_HOME=$(quoted "$home/pulumi-home")"
    echo "export PULUMI_STACK=dev"
    echo "export PULUMI_SKIP_UPDATE_CHECK=true"
    echo "unset PULUMI_CONFIG_PASSPHRASE"
    echo "export PATH=$(quoted "$1:$home/bin"):\"\$PATH\""
  } >"$home/env.new"
  mv "$home/env.new" "$home/env"
}

if [ "$act" = destroy ]; then
  if [ ! -d "$home" ]; then
    echo "There is no quickstart to take away: .quickstart does not exist."
    exit 0
  fi
  if [ -f "$home/env" ] && [ -f "$root/dist/provider/cli/main.js" ]; then
    . "$home/env"
    if pulumi stack select dev >/dev/null 2>&1; then
      heading "The stack"
      node scripts/quickstart/local-aws.mjs start "$home" >/dev/null
      pulumi destroy --yes --skip-preview --non-interactive ||
        die "pulumi destroy failed, so nothing else was removed; the reason stands above. If it says that the stack is locked and no other run is under way: source .quickstart/env && pulumi cancel, then again. To drop the quickstart as it is: node scripts/quickstart/local-aws.mjs stop .quickstart && rm -rf .quickstart"
      pulumi stack rm dev --yes --non-interactive >/dev/null
    fi
  fi
  heading "The local AWS KMS"
  node scripts/quickstart/local-aws.mjs stop "$home"
  rm -rf "$home"
  echo "Removed .quickstart with the token, its PINs, the state and the local cloud's data."
  exit 0
fi

(umask 077 && mkdir -p "$home" "$home/tokens")
heading "1/6 System packages"
bash scripts/setup/system-packages.sh
echo "ready"
heading "2/6 npm packages and build"
bash scripts/setup/node-packages.sh
with_heartbeat "Compiling" npm run --silent build || die "The build failed; see its output above."
echo "ready"
heading "3/6 Pulumi CLI"
pulumi_folder="$(bash scripts/setup/pulumi.sh)"
pulumi_version="$("$pulumi_folder/pulumi" version)"
echo "$pulumi_version in $pulumi_folder"

heading "4/6 A SoftHSM token in .quickstart"
secret_file "$home/passphrase"
secret_file "$home/so-pin"
secret_file "$home/pin"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$home/tokens" >"$home/softhsm2.conf"
token="$(SOFTHSM2_CONF="$home/softhsm2.conf" node scripts/quickstart/init-token.mjs "$token_label" "$home/so-pin" "$home/pin")"
echo "token \"$token_label\": $token"

heading "5/6 The local AWS KMS"
cloud="$(node scripts/quickstart/local-aws.mjs start "$home")"
echo "$cloud; data in .quickstart/aws, log in .quickstart/local.log"

heading "6/6 pulumi up"
write_environment "$pulumi_folder"
. "$home/env"
pulumi stack select dev --create --non-interactive >/dev/null
pulumi up --yes --skip-preview --non-interactive --suppress-outputs ||
  die "pulumi up failed; the reason stands above. Running npm run quickstart again goes on where it stopped. (A lock that an interrupted run left: source .quickstart/env && pulumi cancel)"

heading "What you have now"
pulumi stack history --json --page-size 1 >"$home/history.json"
pulumi stack output --json >"$home/outputs.json"
node scripts/quickstart/summary.mjs "$home/outputs.json" "$home/history.json"
rm -f "$home/history.json" "$home/outputs.json"
proof="$(node --no-warnings scripts/quickstart/prove.mjs "$home" alias/payments)"
echo "works:       $proof"

cat <<'TEXT'

Three things to try next, after: source .quickstart/env
  1. byok tree dev          the source key and its copies, seen from the token's side
  2. Add a third alias in examples/quickstart/index.ts and type: pulumi up
  3. pulumi refresh         says in words what somebody changed in the cloud behind Pulumi's back

Take all of it away: npm run quickstart -- destroy
TEXT

#!/usr/bin/env bash
# npm test: gets what is missing, builds, runs every check and test. The last line is `N passed, N failed`.
# npm test -- ARGUMENTS: the same set-up and build, then only jest with these arguments.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/setup/terminal.sh
. scripts/setup/terminal.sh

printf '== Set-up\n'
started=$SECONDS
bash scripts/setup/system-packages.sh --tests
bash scripts/setup/node-packages.sh
pulumi_folder="$(bash scripts/setup/pulumi.sh)"
with_heartbeat "ministack, the emulator that the local AWS KMS is compared with" bash scripts/setup/ministack.sh ||
  say "  going on without it; the tests that need it say so"
with_heartbeat "Azure's Python clients, which the local Azure is tried with" bash scripts/setup/azure-python.sh ||
  say "  going on without them; the test that needs them says so"
with_heartbeat "the newest supported Node" bash scripts/setup/newest-node.sh ||
  say "  going on without it; the tests that need it say so"
printf 'done in %s s\n' "$((SECONDS - started))"

exec node scripts/test/run.mjs "$pulumi_folder" "$@"

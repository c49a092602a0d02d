#!/usr/bin/env bash
# Installs the system packages that are missing: SoftHSM 2, the OpenSSH client and what compiles the native add-on; with
# --tests also NSS (the second token of the conformance suite), OpenSSL and Python's venv. Does nothing, and needs no
# network, when all are there.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=scripts/setup/terminal.sh
. "$here/terminal.sh"

tests=false
case "${1:-}" in
  "") ;;
  --tests) tests=true ;;
  *) die "usage: scripts/setup/system-packages.sh [--tests]" ;;
esac

has() { command -v "$1" >/dev/null 2>&1; }
# The compilers of macOS are stand-ins until the command line tools are installed.
has_compiler() { { has g++ || has c++ || has clang++; } && { [ "$(uname)" != Darwin ] || xcode-select -p >/dev/null 2>&1; }; }
has_softhsm() { has softhsm2-util; }
has_nss_module() {
  local file
  for file in /usr/lib/*/nss/libsoftokn3.so /usr/lib/*/libsoftokn3.so /usr/lib64/libsoftokn3.so \
    /opt/homebrew/lib/libsoftokn3.dylib /usr/local/lib/libsoftokn3.dylib; do
    if [ -e "$file" ]; then return 0; fi
  done
  return 1
}

apt=()
brew=()
need() { # need DEBIAN_PACKAGE HOMEBREW_FORMULA (empty: part of macOS)
  apt+=("$1")
  if [ -n "$2" ]; then brew+=("$2"); fi
}
has_softhsm || need softhsm2 softhsm
has ssh-keygen || need openssh-client openssh
has_compiler || need g++ ""
has make || need make ""
has python3 || need python3 python3
if $tests; then
  has_nss_module || need libnss3 nss
  has certutil || need libnss3-tools nss
  has openssl || need openssl openssl
  python3 -c "import venv, ensurepip" 2>/dev/null || need python3-venv ""
fi
if [ ${#apt[@]} -eq 0 ]; then exit 0; fi

if [ "$(uname)" = Darwin ]; then
  has_compiler || die "The compiler of macOS is missing; install it by typing: xcode-select --install"
  has brew || die "Missing: ${brew[*]}. Install Homebrew (https://brew.sh), then type: brew install ${brew[*]}"
  if [ ${#brew[@]} -eq 0 ]; then die "Missing: ${apt[*]}. Install them by typing: xcode-select --install"; fi
  with_heartbeat "Installing with Homebrew: ${brew[*]}" brew install --quiet "${brew[@]}" ||
    die "Homebrew could not install them; see why by typing: brew install ${brew[*]}"
  exit 0
fi

by_hand="apt-get update && apt-get install -y ${apt[*]}"
has apt-get || die "Missing: ${apt[*]} (their names in Debian). Install what your system calls so with its package manager, then run this again."
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! { has sudo && sudo -n true 2>/dev/null; }; then die "Missing: ${apt[*]}. Only root can install them; type: sudo sh -c '$by_hand'"; fi
  as_root=(sudo -n)
fi

apt_get() {
  ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}
update() { with_heartbeat "Reading the package lists" apt_get update; }
install() { with_heartbeat "Installing ${apt[*]}" apt_get install -y --no-install-recommends "${apt[@]}"; }

# A fresh machine has no lists at all; an old one has lists that name files which are gone. Both need one update.
updated=false
if ! apt-cache show "${apt[@]}" >/dev/null 2>&1; then
  update || say "  going on with the lists that are there"
  updated=true
fi
if install; then exit 0; fi
if ! $updated && update && install; then exit 0; fi
die "apt-get could not install ${apt[*]}; see why by typing: $by_hand"

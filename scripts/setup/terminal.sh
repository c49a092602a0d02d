# What every set-up script says on the terminal, and how. Sourced, never run. All of it goes to standard error, because
# some of the scripts answer on standard output.

say() { printf '%s\n' "$*" >&2; }

# One clear sentence, then the end.
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# with_heartbeat TEXT COMMAND…: runs the command with its output kept back, says every ten seconds that it still runs,
# and shows the end of the output when it fails. Ends the command when the script itself is interrupted.
with_heartbeat() {
  local text="$1" log started pid status=0 beat=0
  shift
  log="$(mktemp)"
  started=$SECONDS
  say "$text …"
  # A process group of its own, so that an interruption ends all that the command started.
  set -m
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  set +m
  trap 'kill -- "-$pid" 2>/dev/null; rm -f "$log"; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    beat=$((beat + 1))
    if [ $((beat % 10)) -eq 0 ] && kill -0 "$pid" 2>/dev/null; then say "  still at it, $((SECONDS - started)) s"; fi
  done
  wait "$pid" || status=$?
  trap - INT TERM
  if [ "$status" -ne 0 ]; then
    say "  failed after $((SECONDS - started)) s; the end of its output:"
    tail -n 25 "$log" | sed 's/^/    /' >&2
  elif [ $((SECONDS - started)) -ge 5 ]; then
    say "  done in $((SECONDS - started)) s"
  fi
  rm -f "$log"
  return "$status"
}

# Steps with their time; a failed one says what failed, why, and what to do. Sourced by ./up.

# fail WHAT ADVICE: ends the run.
fail() {
  printf '\nup: %s\n' "$1" >&2
  [ -z "${2:-}" ] || printf '    %s\n' "$2" >&2
  exit 1
}

# A command that nobody has provided for: its own message is above, this says where in the run it was.
set -E
trap 'unexpected "$BASH_COMMAND"' ERR
unexpected() {
  # What fails in a subshell fails its command as well.
  [ "$BASH_SUBSHELL" = 0 ] || exit 1
  trap - ERR
  fail "${step_title:+$step_title: }'$1' failed" "if its message does not tell why, see the logs in $data/log; ./up --stop takes away what was made"
}

# step TITLE FUNCTION [ARGUMENT...]: runs it, its output into the log; shows the line that it `progress`es and its time.
step() {
  local title=$1 started=$EPOCHREALTIME
  shift
  mkdir -p "$data/log"
  step_title=$title
  [ -t 1 ] && printf '  ...   %s' "$title"
  "$@"
  local elapsed
  elapsed=$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { printf "%5.1f", b - a }')
  [ -t 1 ] && printf '\r\033[K'
  printf '%s s  %s%s\n' "$elapsed" "$title" "${step_note:+: $step_note}"
  step_note=
}

# note TEXT: what the step's line says at its end.
note() { step_note=$1; }

# progress TEXT: what the step is waiting for, on a terminal only.
progress() { [ ! -t 1 ] || printf '\r\033[K  ...   %s: %s' "$step_title" "$1"; }

# logged LOG COMMAND...: runs it with its output in the log; on failure shows the log's end.
logged() {
  local log="$data/log/$1"
  shift
  "$@" >"$log" 2>&1 || {
    printf '\n' >&2
    tail -n 15 "$log" >&2
    fail "'$*' failed" "the whole output is in $log"
  }
}

# wait_until SECONDS COMMAND...: polls; 1 when the time is over.
wait_until() {
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $until ] || return 1
    sleep 0.1
  done
}

# shellcheck shell=sh
# What every set-up script shares: where things lie, how they speak, how they become root.
# To be sourced, with $root set to the folder of the clone. Everything is said on standard error,
# so that the standard output of `./scripts/lab fm 001 --json` is the result and nothing else.

lab_cache=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/reliability-lab}
setup_log=$lab_cache/logs/setup.log

say() { printf 'lab: %s\n' "$*" >&2; }

# The environment lacks something that the lab cannot bring: exit 3, as `fm` does.
# Each argument is one line: what happened, then what to do next.
fail() {
  for line in "$@"; do say "$line"; done
  exit 3
}

# Programs of brokers live in sbin folders that are not on everybody's PATH.
program_path() {
  PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/opt/homebrew/bin:/opt/homebrew/sbin:/usr/local/bin command -v "$1"
}
has() { program_path "$1" >/dev/null 2>&1; }

# step NEXT LABEL COMMAND...: runs the command with its output in the log. When it fails, shows the
# log's last lines and NEXT, the thing to do about it, and exits 3. (While a command runs whose status
# is asked for, the shell ignores `set -e`: a function given here must chain its commands with &&.)
step() {
  step_next=$1 step_label=$2
  shift 2
  mkdir -p "$lab_cache/logs"
  say "$step_label ..."
  step_began=$(date +%s)
  printf '\n== %s: %s\n' "$step_label" "$*" >>"$setup_log"
  step_status=0
  "$@" >>"$setup_log" 2>&1 </dev/null || step_status=$?
  if [ "$step_status" -ne 0 ]; then
    say "$step_label: failed (exit $step_status). The last lines of $setup_log:"
    tail -n 15 "$setup_log" | sed 's/^/  | /' >&2
    fail "next: $step_next" 'what was finished stays; the next call goes on from there'
  fi
  say "$step_label: done in $(($(date +%s) - step_began)) s"
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# Can this user become root here and now? A password prompt needs a terminal.
can_become_root() {
  is_root && return 0
  has sudo || return 1
  sudo -n true 2>/dev/null && return 0
  [ -t 0 ] && [ -t 2 ] && sudo -v -p '[sudo] password for %p, to install system packages: ' >&2
}

# as_root COMMAND...: call can_become_root first.
as_root() {
  if is_root; then "$@"; else sudo -n "$@"; fi
}

# Quotes a path for a command line that somebody will copy.
quoted() {
  case $1 in
    *[!A-Za-z0-9_./-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) printf '%s' "$1" ;;
  esac
}

platform() {
  if [ "$(uname -s)" = Darwin ]; then
    echo macos
  elif has apt-get; then
    echo debian
  else
    echo other
  fi
}

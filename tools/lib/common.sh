# shellcheck shell=bash
# What the commands under tools/ share: messages, exit codes, and a list of things to undo that runs however
# the command ends (normally, by an error, Ctrl-C, TERM or HUP). Source it first; it needs ROOT.

set -euo pipefail
umask 022

# shellcheck disable=SC2034 # used by the commands that source this
EXIT_FAILED=1 EXIT_USAGE=2 EXIT_MISSING=3 EXIT_PORT=4

# Debian's own python3: the modules that apt installs belong to it, whatever comes first in PATH.
PYTHON=/usr/bin/python3
[ -x "$PYTHON" ] || PYTHON=$(command -v python3 || echo /usr/bin/python3)

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    BOLD=$'\033[1m' RED=$'\033[31m' RESET=$'\033[0m'
else
    BOLD='' RED='' RESET=''
fi

step() { printf '%s==> %s%s\n' "$BOLD" "$*" "$RESET"; }
say() { printf '    %s\n' "$*"; }
warn() { printf '%s!!! %s%s\n' "$RED" "$*" "$RESET" >&2; }

# die CODE MESSAGE…: each further argument is a line of its own.
die() {
    local code=$1 line
    shift
    warn "$1"
    shift
    for line in "$@"; do
        printf '    %s\n' "$line" >&2
    done
    exit "$code"
}

CLEANUPS=()

# at_exit COMMAND ARG…: runs when the command ends; the last one added runs first.
at_exit() {
    local quoted
    printf -v quoted '%q ' "$@"
    CLEANUPS+=("$quoted")
}

run_cleanups() {
    local status=$? i
    trap '' INT TERM HUP
    trap - EXIT
    set +e
    for ((i = ${#CLEANUPS[@]} - 1; i >= 0; i--)); do
        eval "${CLEANUPS[i]}"
    done
    exit "$status"
}

trap run_cleanups EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# tail_of FILE: the end of a log, indented, for an error message.
tail_of() {
    [ -s "$1" ] || return 0
    printf '    --- the end of %s ---\n' "$1" >&2
    tail -n 15 "$1" | sed 's/^/    /' >&2
}

# run_child COMMAND…: a long foreground command that Ctrl-C and TERM end at once (bash itself would first wait
# for it). Its standard input is empty.
run_child() {
    local pid status=0
    "$@" </dev/null &
    pid=$!
    at_exit end_child "$pid"
    wait "$pid" || status=$?
    unset 'CLEANUPS[-1]'
    return "$status"
}

end_child() {
    kill -TERM "$1" 2>/dev/null && wait "$1" 2>/dev/null
}

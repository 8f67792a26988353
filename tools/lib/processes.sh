# shellcheck shell=bash
# Servers that a command starts and always ends. They run in a session of their own, so that Ctrl-C reaches the
# command alone, which then ends them in order; and should the command be killed, the kernel ends them.

declare -A PROCESS_PID=() PROCESS_LOG=()

# process_start NAME LOGFILE SECONDS_TO_STOP COMMAND…
process_start() {
    local name=$1 log=$2 seconds=$3
    shift 3
    setsid setpriv --pdeathsig TERM "$@" </dev/null >>"$log" 2>&1 &
    PROCESS_PID[$name]=$!
    PROCESS_LOG[$name]=$log
    at_exit process_stop "$name" "$seconds"
}

process_alive() { kill -0 "${PROCESS_PID[$1]}" 2>/dev/null; }

# process_stop NAME SECONDS: TERM, and KILL after that time. Returns the process's exit status, or 0 when it had
# been stopped already.
process_stop() {
    local name=$1 pid=${PROCESS_PID[$1]:-} status=0 tries
    [ -n "$pid" ] || return 0
    unset "PROCESS_PID[$name]"
    kill -TERM "$pid" 2>/dev/null || true
    for ((tries = $2 * 20; tries > 0; tries--)); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    if kill -KILL "$pid" 2>/dev/null; then
        warn "$name did not stop within $2 s and was killed."
    fi
    wait "$pid" 2>/dev/null || status=$?
    return "$status"
}

# process_wait_http NAME URL SECONDS: until URL answers 200, the process ends, or the time is over.
process_wait_http() {
    "$PYTHON" "$ROOT/tools/lib/wait_http.py" "$2" "${PROCESS_PID[$1]}" "$3" && return
    tail_of "${PROCESS_LOG[$1]}"
    die "$EXIT_FAILED" "$1 did not become ready: see ${PROCESS_LOG[$1]}"
}

# port_free PORT OPTION WHAT: a clear end when somebody listens there already.
port_free() {
    local who
    case $1 in
    '' | *[!0-9]*) die "$EXIT_USAGE" "$2 wants a port number, not \"$1\"." ;;
    esac
    if [ ${#1} -gt 5 ] || [ "$1" -lt 1 ] || [ "$1" -gt 65535 ]; then
        die "$EXIT_USAGE" "$2 wants a port from 1 to 65535, not $1."
    fi
    "$PYTHON" - "$1" <<'PY' && return
import socket, sys
with socket.socket() as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind(("127.0.0.1", int(sys.argv[1])))
        s.listen(1)
    except OSError:
        sys.exit(1)
PY
    who=$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:((\("[^"]*"\),pid=\([0-9]*\).*/ by \1 (process \2)/p' | head -n 1 || true)
    die "$EXIT_PORT" "Port $1 on 127.0.0.1, meant for $3, is in use$who." "Choose another one with: $2 NUMBER"
}

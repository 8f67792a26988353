# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shares its variables with processes.sh and with the commands that source it
# A private PostgreSQL cluster: its own directory, a Unix socket, no TCP, never as root (as root it runs as the
# user "postgres"). Connections are trusted because only its owner and root can reach the socket's directory.
#
# postgres_start sets POSTGRES_URL (database and role "lapak", which may create roles and databases but is no
# superuser, as with a real operator) and POSTGRES_ADMIN_URL (superuser), both for Unix sockets.

# The newest PostgreSQL's programs, or those of the version that is asked for.
postgres_bindir() { # [VERSION]
    local dir
    while IFS= read -r dir; do
        if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
            echo "$dir"
            return 0
        fi
    done < <(
        find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -path "*/${1:-*}/bin" 2>/dev/null | sort -rV
        if [ -z "${1:-}" ] && command -v postgres >/dev/null; then
            dirname "$(command -v postgres)"
        fi
    )
    return 1
}

# Runs one of its programs as the cluster's owner, from a directory everybody may enter.
postgres_as_owner() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && exec setpriv --reuid postgres --regid postgres --init-groups \
            env -i PATH="$PATH" HOME=/ LC_ALL=C.UTF-8 "$@")
    else
        (cd / && exec env -i PATH="$PATH" HOME=/ LC_ALL=C.UTF-8 "$@")
    fi
}

# postgres_place DIR: sets POSTGRES_DIR to DIR, or, where the cluster's owner can't reach it (a checkout under
# /root), to a directory of root's under /var/lib that DIR then links to.
postgres_place() {
    local dir=$1
    mkdir -p "${dir%/*}"
    postgres_own "$dir"
    if [ "$(id -u)" -ne 0 ]; then
        mkdir -p "$dir"
        chmod 700 "$dir"
        POSTGRES_DIR=$dir
        return
    fi
    getent passwd postgres >/dev/null ||
        die "$EXIT_MISSING" "PostgreSQL never runs as root, and there is no user \"postgres\" to run it as."
    if [ -L "$dir" ]; then
        POSTGRES_DIR=$(readlink -f "$dir")
    elif postgres_as_owner test -x "${dir%/*}"; then
        POSTGRES_DIR=$dir
    else
        POSTGRES_DIR=/var/lib/lapak-demo/$(printf '%s' "$dir" | cksum | cut -d ' ' -f 1)
        mkdir -p /var/lib/lapak-demo
        ln -s "$POSTGRES_DIR" "$dir"
    fi
    mkdir -p "$POSTGRES_DIR"
    chown postgres:postgres "$POSTGRES_DIR"
    chmod 700 "$POSTGRES_DIR"
}

# A cluster belongs to who first started it, and nobody else can.
postgres_own() {
    local owner runs_as=postgres
    [ -e "$1" ] || return 0
    owner=$(stat -L -c %U "$1")
    [ "$(id -u)" -eq 0 ] || runs_as=$(id -un)
    [ "$owner" = "$runs_as" ] || [ "$owner" = "$(id -un)" ] ||
        die "$EXIT_FAILED" "The database in $1 belongs to $owner, and would run as $runs_as." \
            "Start it as before (as root, or as $owner), or choose another directory: --data DIR"
}

# postgres_remove DIR: the cluster with all its data, wherever postgres_place put it.
postgres_remove() {
    if [ -L "$1" ]; then
        rm -rf "$(readlink -f "$1")"
    fi
    rm -rf "$1"
}

# A socket's path has 107 bytes at most.
postgres_socket_dir() {
    POSTGRES_SOCKETS=$POSTGRES_DIR/run
    if [ ${#POSTGRES_SOCKETS} -gt 80 ]; then
        POSTGRES_SOCKETS=$(mktemp -d /tmp/lapak-pg-XXXXXX)
        at_exit rm -rf "$POSTGRES_SOCKETS"
    fi
    mkdir -p "$POSTGRES_SOCKETS"
    if [ "$(id -u)" -eq 0 ]; then
        chown postgres:postgres "$POSTGRES_SOCKETS"
    fi
    chmod 700 "$POSTGRES_SOCKETS"
}

url_encode() {
    local LC_ALL=C text=$1 i char out=''
    for ((i = 0; i < ${#text}; i++)); do
        char=${text:i:1}
        case $char in
        [A-Za-z0-9._~-]) out+=$char ;;
        *) out+=$(printf '%%%02X' "'$char") ;;
        esac
    done
    printf '%s' "$out"
}

# postgres_start DIR LOGFILE [SETTING=VALUE…]: makes the cluster when it is new, starts it, waits until it
# answers. Needs processes.sh. It ends with the command that started it.
postgres_start() {
    local dir=$1 log=$2 bindir version='' settings=() setting tries
    shift 2
    postgres_place "$dir"
    if [ -s "$POSTGRES_DIR/data/PG_VERSION" ]; then
        version=$(cat "$POSTGRES_DIR/data/PG_VERSION")
    fi
    bindir=$(postgres_bindir "$version") ||
        die "$EXIT_MISSING" "The database in $dir was made by PostgreSQL ${version:-?}, which is not installed." \
            "Install postgresql-${version:-15}, or start afresh with --reset."
    [ -n "$version" ] || postgres_init "$bindir" "$log"
    postgres_socket_dir
    for setting in "$@"; do
        settings+=(-c "$setting")
    done
    postgres_launch "$bindir" "$log" "${settings[@]}"
    for ((tries = 600; tries > 0; tries--)); do
        postgres_as_owner "$bindir/pg_isready" -q -h "$POSTGRES_SOCKETS" -U postgres && break
        process_alive PostgreSQL || tries=1
        sleep 0.05
    done
    if [ "$tries" -eq 0 ]; then
        tail_of "$log"
        die "$EXIT_FAILED" "PostgreSQL did not start: see $log"
    fi
    POSTGRES_ADMIN_URL="postgresql://postgres@/postgres?host=$(url_encode "$POSTGRES_SOCKETS")"
    POSTGRES_URL="postgresql://lapak@/lapak?host=$(url_encode "$POSTGRES_SOCKETS")"
    postgres_role "$bindir" "$log"
}

postgres_init() { # BINDIR LOGFILE
    say "Making the database cluster in ${POSTGRES_DIR#"$ROOT"/}"
    rm -rf "$POSTGRES_DIR/data.new"
    postgres_as_owner "$1/initdb" -D "$POSTGRES_DIR/data.new" -U postgres -E UTF8 --locale=C.UTF-8 \
        --auth-local=trust --auth-host=reject >>"$2" 2>&1 || {
        tail_of "$2"
        die "$EXIT_FAILED" "initdb failed: see $2"
    }
    # under its name only once it is whole: an interrupted initdb is done again by the next start
    mv "$POSTGRES_DIR/data.new" "$POSTGRES_DIR/data"
}

postgres_launch() { # BINDIR LOGFILE OPTION…
    local bindir=$1 log=$2 owner=()
    shift 2
    if [ "$(id -u)" -eq 0 ]; then
        owner=(--reuid postgres --regid postgres --init-groups)
    fi
    # INT is PostgreSQL's "fast" shutdown; TERM would wait for every connection to end
    (cd / && exec setsid setpriv "${owner[@]}" --pdeathsig keep env -i PATH="$PATH" LC_ALL=C.UTF-8 \
        setpriv --pdeathsig INT "$bindir/postgres" -D "$POSTGRES_DIR/data" -k "$POSTGRES_SOCKETS" \
        -c listen_addresses= -c unix_socket_permissions=0700 "$@") </dev/null >>"$log" 2>&1 &
    PROCESS_PID[PostgreSQL]=$!
    PROCESS_LOG[PostgreSQL]=$log
    at_exit postgres_stop
}

postgres_stop() {
    local pid=${PROCESS_PID[PostgreSQL]:-} tries
    [ -n "$pid" ] || return 0
    unset 'PROCESS_PID[PostgreSQL]'
    kill -INT "$pid" 2>/dev/null
    for ((tries = 600; tries > 0; tries--)); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    if [ "$tries" -eq 0 ]; then
        warn "PostgreSQL did not stop within 30 s; telling it to stop at once."
        kill -QUIT "$pid" 2>/dev/null
    fi
    wait "$pid" 2>/dev/null
    return 0
}

postgres_role() { # BINDIR LOGFILE
    postgres_as_owner "$1/psql" -X -q -v ON_ERROR_STOP=1 "$POSTGRES_ADMIN_URL" >>"$2" 2>&1 <<'SQL' ||
SELECT 'CREATE ROLE lapak LOGIN CREATEROLE'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lapak') \gexec
SELECT 'CREATE DATABASE lapak OWNER lapak'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'lapak') \gexec
SQL
        die "$EXIT_FAILED" "Could not create the role and database \"lapak\": see $2"
}

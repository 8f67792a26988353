# shellcheck shell=bash
# What tools/package --check looks at. Sourced by it; each look is one line of what went wrong.

PASSED=0 FAULTS=0

# look WORDS COMMAND…: the command must succeed; what it prints is shown where it does not.
look() {
    local words=$1 out
    shift
    if out=$("$@" 2>&1); then
        PASSED=$((PASSED + 1))
    else
        FAULTS=$((FAULTS + 1))
        warn "$words"
        [ -z "$out" ] || printf '    %s\n' "${out//$'\n'/$'\n'    }" >&2
    fi
}

has_fields() {
    local field
    for field in Package Version Architecture Maintainer Depends Description Installed-Size; do
        [ -n "$(dpkg-deb --field "$1" "$field")" ] || { echo "no $field"; return 1; }
    done
    grep -q 'libc6 (>= .*libh2o-evloop.*libpq5' <<<"$(dpkg-deb --field "$1" Depends)" || { echo "libraries are missing"; return 1; }
}

# Owner, mode and name of everything, against what is meant: nothing else may be in it, nothing writable by others.
has_files() {
    local bad path
    bad=$(dpkg-deb --contents "$1" | awk '$2 != "root/root" || $1 ~ /^.......[^-].*w/ || substr($1, 9, 1) == "w" || $1 ~ /s/')
    [ -z "$bad" ] || { echo "$bad"; return 1; }
    bad=$(dpkg-deb --contents "$1" | awk '$1 !~ /^d/ { print $6 }' |
        grep -vE '^\./(etc/lapak/lapak\.yaml|usr/sbin/lapak(d|ctl)|usr/lib/systemd/system/lapakd\.(service|socket)|usr/share/(lapak|doc/lapak|man/man8)/.*)$' || true)
    [ -z "$bad" ] || { echo "not expected: $bad"; return 1; }
    for path in etc/lapak/lapak.yaml usr/sbin/lapakd usr/sbin/lapakctl usr/lib/systemd/system/lapakd.service \
        usr/lib/systemd/system/lapakd.socket usr/share/lapak/schema/lapak/001_stores.sql usr/share/lapak/texts/id.yaml \
        usr/share/lapak/grafana/lapak.json usr/share/lapak/prometheus/lapak.rules.yml \
        usr/share/lapak/samples/env.example usr/share/lapak/samples/toko-contoh.yaml.example \
        usr/share/man/man8/lapakd.8.gz usr/share/man/man8/lapakctl.8.gz usr/share/doc/lapak/copyright; do
        [ -e "$TREE_SEEN/$path" ] || { echo "missing: $path"; return 1; }
    done
    [ "$(stat -c %a "$TREE_SEEN/etc/lapak/lapak.yaml")" = 640 ]
}

# Nothing of a checkout: paths, sanitizers, symbols.
has_clean_programs() {
    local program
    for program in lapakd lapakctl; do
        file -b "$TREE_SEEN/usr/sbin/$program" | grep -q ', stripped' || { echo "$program is not stripped"; return 1; }
        ! grep -qaF "$ROOT/" "$TREE_SEEN/usr/sbin/$program" || { echo "$program names $ROOT"; return 1; }
        "$TREE_SEEN/usr/sbin/$program" --version || return 1
    done
    grep -qaF /etc/lapak/lapak.yaml "$TREE_SEEN/usr/sbin/lapakd"
}

# The sample says where an installation has its things, and lapakctl has nothing to say against it but what only the
# operator knows.
has_good_configuration() {
    ! grep -nE '^(tenants_dir|log_dir|texts_dir|schema_dir|control_socket|  directory): [^/]' "$TREE_SEEN/etc/lapak/lapak.yaml" || return 1
    grep -q '^  directory: /var/lib/lapak/backups$' "$TREE_SEEN/etc/lapak/lapak.yaml"
}

has_good_scripts() {
    local script
    for script in postinst prerm postrm; do
        sh -n "$CONTROL_SEEN/$script" || return 1
        [ "$(stat -c %a "$CONTROL_SEEN/$script")" = 755 ] || return 1
        if command -v shellcheck >/dev/null; then shellcheck "$CONTROL_SEEN/$script" || return 1; fi
    done
    while IFS= read -r path; do
        [ -f "$TREE_SEEN$path" ] || { echo "conffile $path is not in the package"; return 1; }
    done <"$CONTROL_SEEN/conffiles"
    (cd "$TREE_SEEN" && md5sum --quiet -c "$CONTROL_SEEN/md5sums")
}

# systemd's own opinion; its programs and manuals are looked for in the package.
has_good_units() {
    local out score
    command -v systemd-analyze >/dev/null || return 0
    out=$(systemd-analyze verify --man=no --root="$TREE_SEEN" lapakd.service lapakd.socket 2>&1 | grep -E '^(/|.*lapakd\.)' |
        grep -E 'lapakd' | grep -vE 'postgresql.service|network-online|sysinit.target|basic.target|Command /bin/kill is not' || true)
    [ -z "$out" ] || { echo "$out"; return 1; }
    score=$(systemd-analyze security --offline=true --root="$TREE_SEEN" lapakd.service 2>/dev/null |
        sed -n 's/.*Overall exposure level.*: \([0-9.]*\).*/\1/p')
    [ -n "$score" ] || return 0
    echo "systemd-analyze security: $score"
    awk -v score="$score" 'BEGIN { exit !(score <= 2.5) }'
}

check_package() {
    TREE_SEEN=$SCRATCH/seen CONTROL_SEEN=$SCRATCH/seen-control
    dpkg-deb --extract "$1" "$TREE_SEEN"
    dpkg-deb --control "$1" "$CONTROL_SEEN"
    look "The package's fields are not what they should be." has_fields "$1"
    look "Its files are not what they should be." has_files "$1"
    look "Its programs are not what they should be." has_clean_programs
    look "Its configuration does not fit where it is installed." has_good_configuration
    look "Its scripts are not what they should be." has_good_scripts
    look "systemd finds fault with its units." has_good_units
    echo "$PASSED passed, $FAULTS failed"
    [ "$FAULTS" -eq 0 ]
}

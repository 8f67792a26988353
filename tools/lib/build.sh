# shellcheck shell=bash
# Building with meson and ninja. A build directory that is current costs one ninja start.

# How build/ is configured, by whichever command comes first: as it is installed by tools/package.
# shellcheck disable=SC2034 # used by the commands that source this
BUILD_PLAIN=(-Dtests=false -Dprefix=/usr -Dsysconfdir=/etc -Dlocalstatedir=/var)

# build_ensure DIR MESON_OPTION…: configures DIR when it is new, then builds. Shows the compiler's words on failure.
build_ensure() {
    local dir=$1 log
    shift
    [ ! -e "$dir" ] || [ -w "$dir" ] ||
        die "$EXIT_FAILED" "$dir belongs to $(stat -c %U "$dir"); remove it, or build as that user."
    if [ ! -f "$dir/build.ninja" ]; then
        say "meson setup ${dir#"$ROOT"/}"
        log=$(mktemp)
        if ! run_child meson setup "$dir" "$ROOT" "$@" >"$log" 2>&1; then
            sed 's/^/    /' "$log" >&2
            rm -f "$log"
            # a half configured directory would be taken for a whole one by the next start
            rm -f "$dir/build.ninja"
            return 1
        fi
        rm -f "$log"
    fi
    if [ -t 1 ]; then
        run_child ninja -C "$dir"
    else
        build_in_tenths "$dir"
    fi
}

# Without a terminal ninja prints a line per file; ten lines tell as much.
build_in_tenths() {
    local out teller status=0
    exec {out}> >(awk '
        /^\[ *[0-9]+%\]/ {
            text = $0; sub(/^\[ */, "", text); tenth = int(text / 10)
            if (tenth != last) { print "    built " tenth * 10 "%"; fflush(); last = tenth }
            next
        }
        /^ninja: (Entering|no work)/ { next }
        { print; fflush() }')
    teller=$!
    run_child env NINJA_STATUS='[%p] ' ninja -C "$1" >&"$out" 2>&1 || status=$?
    exec {out}>&-
    wait "$teller" || true
    return "$status"
}

# shellcheck shell=bash
# shellcheck disable=SC2034 # the lists of needs are used by the commands that source this
# Installing what is missing. Each need is "PROBE=PACKAGE[:EXTRA…]": the probe looks whether the thing itself is
# there (so a machine that has everything never calls apt), PACKAGE is Debian's name for it.
#
#   pc:NAME   pkg-config knows NAME           cmd:NAME  a program in PATH
#   py:NAME   Debian's python3 imports NAME   pg:       a PostgreSQL server's programs
#   promtool: Prometheus' own checker, in PATH or unpacked in var/tools
#   hdr:NAME  gcc finds the header NAME         font:FILE a font's file, wherever fonts are kept
#
# Ends with EXIT_MISSING, naming the packages, when they can't be had.

NEEDS_BUILD=(
    cmd:gcc=gcc hdr:stdio.h=libc6-dev cmd:meson=meson cmd:ninja=ninja-build cmd:pkg-config=pkg-config
    pc:libh2o-evloop=libh2o-evloop-dev pc:libcurl=libcurl4-openssl-dev pc:jansson=libjansson-dev
    pc:libpq=libpq-dev pc:yaml-0.1=libyaml-dev pc:openssl=libssl-dev pc:libqrencode=libqrencode-dev
    pc:libpng=libpng-dev pc:cairo=libcairo2-dev pc:fontconfig=libfontconfig-dev
    pc:libarchive=libarchive-dev pc:expat=libexpat1-dev
)
NEEDS_RUN=(cmd:pg_dump=postgresql-client cmd:setpriv=util-linux cmd:flock=util-linux cmd:python3=python3 font:DejaVuSans.ttf=fonts-dejavu-core)
NEEDS_SERVER=(pg:=postgresql)
NEEDS_PACKAGE=(cmd:dpkg-shlibdeps=dpkg-dev cmd:fakeroot=fakeroot cmd:file=file)
NEEDS_TEST=(
    pc:cmocka=libcmocka-dev py:pytest=python3-pytest py:selenium=python3-selenium py:psycopg2=python3-psycopg2
    py:requests=python3-requests py:yaml=python3-yaml py:xdist=python3-pytest-xdist cmd:zbarimg=zbar-tools
    cmd:clang-format=clang-format cmd:shellcheck=shellcheck promtool:=prometheus
)
NEEDS_TEST_FULL=(
    "${NEEDS_PACKAGE[@]}" cmd:clang-tidy=clang-tidy cmd:chromium=chromium cmd:chromedriver=chromium-driver
)

need_is_met() { # PROBE
    local name=${1#*:}
    case $1 in
    pc:*) pkg-config --exists "$name" 2>/dev/null ;;
    cmd:*) command -v "$name" >/dev/null ;;
    py:*) "$PYTHON" -c "import $name" 2>/dev/null ;;
    hdr:*) echo "#include <$name>" | gcc -E -x c - >/dev/null 2>&1 ;;
    # find also fails where one of the places is not there
    font:*) [ -n "$(find -L /usr/share/fonts /usr/local/share/fonts "$HOME/.local/share/fonts" -name "$name" 2>/dev/null)" ] ;;
    pg:*) postgres_bindir >/dev/null ;;
    promtool:*) promtool_path >/dev/null ;;
    *) return 1 ;;
    esac
}

# packages_ensure PURPOSE NEED…
packages_ensure() {
    local purpose=$1 need missing=()
    shift
    for need in "$@"; do
        need_is_met "${need%%=*}" || missing+=("${need#*=}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    step "Installing what is missing $purpose: ${missing[*]}"
    command -v apt-get >/dev/null ||
        die "$EXIT_MISSING" "This needs a Debian or Ubuntu with apt; here apt-get is missing." \
            "Install what corresponds to these Debian packages: ${missing[*]}"
    become_root "${missing[@]}"
    packages_known "${missing[@]}"
    packages_install "${missing[@]}"
    hash -r
    for need in "$@"; do
        need_is_met "${need%%=*}" ||
            die "$EXIT_MISSING" "Package ${need#*=} was installed, and ${need%%=*} is still not there."
    done
}

# Finds out how to run apt as root: directly, or by sudo, which may ask for a password where there is a terminal.
become_root() {
    AS_ROOT=()
    [ "$(id -u)" -ne 0 ] || return 0
    command -v sudo >/dev/null ||
        die "$EXIT_MISSING" "Missing packages, and neither root nor sudo to install them." \
            "As root: apt-get install $*"
    if ! sudo -n true 2>/dev/null; then
        say "sudo may ask for your password."
        # sudo reads it from the terminal, not from standard input
        sudo -v ||
            die "$EXIT_MISSING" "Missing packages, and sudo was refused." "As root: apt-get install $*"
    fi
    AS_ROOT=(sudo)
}

as_root() { "${AS_ROOT[@]}" "$@"; }

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l \
        apt-get -q -o DPkg::Lock::Timeout=180 "$@" </dev/null
}

apt_update_once() {
    [ -z "${APT_UPDATED:-}" ] || return 1
    APT_UPDATED=yes
    say "apt-get update"
    apt_get update >/dev/null
}

packages_unknown() {
    local package
    for package in "$@"; do
        apt-cache show --no-all-versions "$package" >/dev/null 2>&1 || echo "$package"
    done
}

# Refreshes the package lists only when they don't know a name.
packages_known() {
    local unknown
    unknown=$(packages_unknown "$@")
    if [ -n "$unknown" ]; then
        apt_update_once || warn "apt-get update failed; going on with the lists there are."
        unknown=$(packages_unknown "$@")
    fi
    [ -z "$unknown" ] ||
        die "$EXIT_MISSING" "This distribution ($(. /etc/os-release && echo "$PRETTY_NAME")) has no package for:" \
            "${unknown//$'\n'/ }" "On Ubuntu the component \"universe\" may be switched off."
}

packages_install() {
    local package others=()
    for package in "$@"; do
        case $package in
        postgresql) postgresql_install ;;
        prometheus) promtool_unpack ;;
        *) others+=("$package") ;;
        esac
    done
    [ ${#others[@]} -eq 0 ] || apt_install "${others[@]}"
}

apt_install() {
    apt_get install -y --no-install-recommends "$@" && return
    # the lists may name files that the mirror has replaced meanwhile
    apt_update_once && apt_get install -y --no-install-recommends "$@" && return
    die "$EXIT_MISSING" "apt-get could not install: $*"
}

# Debian's package would create and start a cluster on TCP port 5432 that nobody here asked for. Its own switch
# for that is create_main_cluster; it is set for this one installation and taken back afterwards.
postgresql_install() {
    local switch=/etc/postgresql-common/createcluster.d/lapak-no-cluster.conf
    apt_install postgresql-common
    at_exit as_root rm -f "$switch"
    as_root mkdir -p "${switch%/*}"
    echo "create_main_cluster = false" | as_root tee "$switch" >/dev/null
    apt_install postgresql
    as_root rm -f "$switch"
}

# Of Debian's package only promtool is wanted: installed, it would start a Prometheus on TCP port 9090. So it is
# unpacked here and not installed.
promtool_path() {
    local unpacked=$ROOT/var/tools/usr/bin/promtool
    if [ -x "$unpacked" ]; then
        echo "$unpacked"
    else
        command -v promtool
    fi
}

# As root apt would fetch it as _apt, who may not write here.
promtool_download() { apt-get -q -o APT::Sandbox::User=root download prometheus </dev/null; }

promtool_unpack() {
    local directory=$ROOT/var/tools
    mkdir -p "$directory"
    rm -f "$directory"/prometheus_*.deb
    (
        cd "$directory" && { promtool_download || { apt_update_once && promtool_download; }; } &&
            dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool && rm -f prometheus_*.deb
    ) || die "$EXIT_MISSING" "Debian's package prometheus could not be fetched, whose promtool checks conf/prometheus."
}

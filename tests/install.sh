#!/usr/bin/env bash
# install.sh build|test|bench: sees to it that what the build, the tests, or the comparisons of `make bench` need is there.
# On Debian and its relatives missing packages are installed; no service is left
# running or enabled that was not there before. Elsewhere one line says what to install.
set -euo pipefail
PATH="$PATH:/usr/sbin:/sbin"

has_program() { command -v "$1" >/dev/null 2>&1; }
has_compiler() { has_program cc || has_program gcc; }
has_openssl_headers() { has_program pkg-config && pkg-config --exists openssl; }
has_dovecot_lmtp() { [ -e /usr/lib/dovecot/lmtp ] || [ -e /usr/libexec/dovecot/lmtp ]; }
has_dovecot_imap() { [ -e /usr/lib/dovecot/imap ] || [ -e /usr/libexec/dovecot/imap ]; }

missing=()
wished=()
wish() { local package=$1; shift; "$@" || wished+=("$package"); }
need() { local package=$1; shift; "$@" || missing+=("$package"); }

need_for_build() {
    need gcc has_compiler
    need libc6-dev test -e /usr/include/stdio.h
    need pkg-config has_program pkg-config
    need libssl-dev has_openssl_headers
}

need_for_test() {
    need dovecot-imapd has_dovecot_imap
    need dovecot-lmtpd has_dovecot_lmtp
    need exim4-daemon-light has_program exim4
    need openssl has_program openssl
}

# What postdesk is compared with. A comparison that cannot be had is left out of the table, and said to be.
need_for_bench() {
    need_for_test
    wish notmuch has_program notmuch
    wish isync has_program mbsync
}

say_what_to_install() {
    echo "Please install with your package manager (Debian's names): ${missing[*]}" >&2
    exit 1
}

# RUNLEVEL=1 keeps the packages' scripts from starting their services.
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq -o DPkg::Lock::Timeout=300 "$@" 1>&2
}

install_packages() {
    echo "installing: $*" >&2
    apt install -y --no-install-recommends "$@" 2>/dev/null && return
    apt update
    apt install -y --no-install-recommends "$@"
}

# Where systemd runs: the services of packages installed here neither start now nor at the next boot.
# Only packages that were missing are touched, so a mail server of this machine stays as it is.
units_of_missing() {
    [ -d /run/systemd/system ] || return 0
    case " ${missing[*]} " in *" dovecot-imapd "*) has_program dovecot || echo dovecot.socket dovecot.service ;; esac
    case " ${missing[*]} " in *" exim4-daemon-light "*) echo exim4.service exim4-base.timer ;; esac
}

mask() { [ $# -eq 0 ] || $as_root systemctl mask --runtime --quiet "$@"; }

disable() {
    [ $# -eq 0 ] && return
    $as_root systemctl unmask --runtime --quiet "$@" || true
    $as_root systemctl disable --quiet "$@" 2>/dev/null || true
}

# Debian lets one IMAP server be installed at a time. Those that the tests use beside Dovecot are unpacked
# next to the build instead: nothing of them is configured, started or owned by the system. A server that
# cannot be had is left out; its tests then say that they were skipped.
servers=${CARGO_TARGET_DIR:-target}/mail-servers

unpack_servers() {
    has_program apt-get && has_program dpkg-deb || return 0
    unpack_server cyrus usr/lib/cyrus/bin/master cyrus-imapd
    unpack_server courier usr/bin/imapd courier-imap
}

unpack_server() {
    local name=$1 program=$2 package=$3 archives
    [ -e "$servers/$name/$program" ] && return
    archives=$(mktemp -d)
    mkdir "$archives/partial"
    echo "fetching, for the tests alone: $package" >&2
    if fetch "$archives" "$package" || { may_install && apt update && fetch "$archives" "$package"; }; then
        rm -rf "${servers:?}/$name" "${servers:?}/$name.new"
        mkdir -p "$servers/$name.new"
        for archive in "$archives"/*.deb; do dpkg-deb -x "$archive" "$servers/$name.new"; done
        mv "$servers/$name.new" "$servers/$name"
    else
        echo "not tested against: $package" >&2
    fi
    rm -rf "$archives"
}

# Into a folder of its own, with what it needs and this machine lacks; as anybody.
fetch() {
    apt-get -qq -y --download-only --no-install-recommends -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)" \
        -o Dir::Cache::archives="$1" install "$2" >/dev/null 2>&1
}

finish() {
    [ "$wanted" != test ] || unpack_servers
    exit 0
}

wanted=${1:-}
need_for_build
case $wanted in
build) ;;
test) need_for_test ;;
bench) need_for_bench ;;
*) echo "usage: install.sh build|test|bench" >&2; exit 2 ;;
esac

has_program cargo || { echo "Please install Rust 1.95 or newer: https://rustup.rs" >&2; exit 1; }
if [ "$(id -u)" -eq 0 ]; then as_root=
elif has_program sudo; then as_root=sudo
else has_root=no
fi
may_install() { has_program apt-get && [ "${has_root:-yes}" = yes ]; }
[ $((${#missing[@]} + ${#wished[@]})) -ne 0 ] || finish
if ! may_install; then
    [ ${#missing[@]} -eq 0 ] || say_what_to_install
    [ ${#wished[@]} -eq 0 ] || echo "not installed, so not compared with (Debian's names): ${wished[*]}" >&2
    finish
fi
units=$(units_of_missing)
# shellcheck disable=SC2086
mask $units
[ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
[ ${#wished[@]} -eq 0 ] || install_packages "${wished[@]}" || echo "not compared with: ${wished[*]}" >&2
# shellcheck disable=SC2086
disable $units
finish

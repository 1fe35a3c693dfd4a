#!/usr/bin/env bash
# run.sh: runs every test and leaves nothing running.
# Tests that start mail servers or a terminal are heavy: half the processors, at least two, run at once.
set -uo pipefail
cd "$(dirname "$0")/.."

processors=$(nproc 2>/dev/null || echo 2)
threads=${TEST_THREADS:-$((processors < 4 ? 2 : processors / 2))}
export INSTA_UPDATE=no

# A home, should a test forget its own, and a place for servers that is gone afterwards.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/postdesk-test.XXXXXX")
chmod 755 "$scratch"
cleanup() {
    find "$scratch" -name '*.pid' -type f 2>/dev/null | while read -r file; do
        pid=$(cat "$file")
        grep -qa "$scratch" "/proc/$pid/cmdline" 2>/dev/null && kill "$pid"
    done
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
export TMPDIR="$scratch"

if cargo nextest --version >/dev/null 2>&1; then
    # nextest leaves out the examples in the documentation; its summary is to stand last.
    cargo test --locked --doc --quiet
    documented=$?
    cargo nextest run --locked --no-fail-fast --test-threads "$threads" "$@"
    result=$?
    [ $result -eq 0 ] && result=$documented
else
    RUST_TEST_THREADS="$threads" cargo test --locked --no-fail-fast "$@"
    result=$?
fi
exit $result

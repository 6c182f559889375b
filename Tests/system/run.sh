#!/bin/bash
# The system test: boots Debian with a real systemd as its first process, once for each release, installs
# the package there, and tries from inside what an installation promises (steps.sh).
#
#   Tests/system/run.sh [bookworm|trixie …]        default: both
#
# It needs root, namespaces, overlayfs, cgroup2 and a mirror of Debian. Where one of them is missing it
# says so and ends with 0, or, with TOKENWATCH_SYSTEM_TEST=required, with 1.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

cannot() {
    echo "system test: NOT RUN: $*"
    [ "${TOKENWATCH_SYSTEM_TEST:-}" != required ] || exit 1
    exit 0
}

[ "$(id -u)" -eq 0 ] || cannot "it needs root"
command -v dpkg-deb >/dev/null || cannot "it needs Debian or Ubuntu"
unshare --pid --fork --mount --uts --ipc --net --cgroup true 2>/dev/null ||
    cannot "namespaces may not be made here"
grep -q '\<cgroup2$' /proc/filesystems || cannot "the kernel has no cgroup2"
modprobe --quiet overlay 2>/dev/null || true
grep -q '\<overlay$' /proc/filesystems || cannot "the kernel has no overlayfs"

suites=("$@")
[ "${#suites[@]}" -gt 0 ] || suites=(bookworm trixie)
.ci/packages mmdebstrap openssl nginx-light iproute2 util-linux
mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Identifier: Packages' |
        grep -v security | head -n 1
}
MIRROR=${MIRROR:-$(mirror || true)}
[ -n "$MIRROR" ] || {
    apt-get -qq update || true
    MIRROR=$(mirror || true)
}
export MIRROR
[ -n "$MIRROR" ] || cannot "apt knows no mirror of Debian; MIRROR=URL can name one"

mkdir -p .build
make --no-print-directory dist >.build/deb.log 2>&1 || {
    tail -n 40 .build/deb.log >&2
    exit 1
}
# Nothing to compile where the tests have run before.
swift build --product tokenwatch-sandbox >.build/deb.log 2>&1 || {
    tail -n 40 .build/deb.log >&2
    exit 1
}

Tests/dist.sh
for suite in "${suites[@]}"; do
    start=$SECONDS
    echo "system test: $suite"
    "$here/machine.sh" "$suite"
    echo "system test: $suite passed in $((SECONDS - start)) s"
done

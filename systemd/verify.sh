#!/bin/bash
# Checks the unit and the user with systemd, and fails on any warning.
#
#   systemd/verify.sh
set -euo pipefail
cd "$(dirname "$0")"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# The program need not be installed to check its unit; /bin/true replaces it.
sed 's|/usr/bin/tokenwatchd\b|/bin/true|' tokenwatchd.service >"$place/tokenwatchd.service"
# An unknown key is a warning with status 0, so any output is a failure.
cp tokenwatchd.socket "$place"
said=$(systemd-analyze verify --man=no "$place"/tokenwatchd.{service,socket} 2>&1) || true
if [ -n "$said" ]; then
    echo "$said" >&2
    exit 1
fi
# Tenths of a point of exposure, 0 to 100. 1.6 is what is left with adjtimex(2), which reports whether the
# clock is synchronised and which systemd counts among the calls that set it; the unit has no
# CAP_SYS_TIME, so it can only read.
# https://www.freedesktop.org/software/systemd/man/systemd-analyze.html
systemd-analyze security --offline=true --threshold=16 "$place/tokenwatchd.service" >"$place/exposure" || {
    cat "$place/exposure" >&2
    exit 1
}
tail -n 1 "$place/exposure"
mkdir -p "$place/root/etc"
systemd-sysusers --root="$place/root" "$PWD/tokenwatchd.sysusers" 2>/dev/null
grep -q '^tokenwatchd:' "$place/root/etc/passwd"
echo "the unit and the user are fine"

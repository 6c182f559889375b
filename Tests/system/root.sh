#!/bin/bash
# Makes the folder that a test machine boots from, a small Debian, unless it is there; prints its path.
#
#   MIRROR=URL Tests/system/root.sh bookworm|trixie
set -euo pipefail
cd "$(dirname "$0")/../.."
suite=$1

# What boots, what the steps use, and what the package depends on: a machine has no network.
packages=(
    systemd systemd-sysv dbus libnss-systemd init-system-helpers
    python3-minimal libpython3-stdlib curl jq procps passwd sudo lintian
    ca-certificates libcurl4 libsqlite3-0 libssl3 libstdc++6
)
include=$(IFS=, && echo "${packages[*]}")
root=$PWD/.build/system/$suite-$(printf '%s' "$include" | sha256sum | cut -c 1-12)
if [ ! -e "$root" ]; then
    mkdir -p .build/system
    rm -rf "$root.part" ".build/system/$suite-"*
    mmdebstrap --quiet --variant=apt --include="$include" --format=directory \
        --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$root.part" \
        "deb $MIRROR $suite main" >".build/system/$suite.log" 2>&1 || {
        tail -n 20 ".build/system/$suite.log" >&2
        exit 1
    }
    mv "$root.part" "$root"
fi
echo "$root"

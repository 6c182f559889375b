#!/bin/bash
# Runs the tests as if it were another day, and leaves the machine's clock alone.
#
#   Tests/on-date.sh DATE…          such as: Tests/on-date.sh 2028-02-29 2041-05-01
#
# What needs a certificate that the machine trusts, or a program that keeps its own time, is the
# same for all: tests make their certificates themselves, and every child has the shifted clock.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || { sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 64; }

library=.build/shifted-clock.so
mkdir -p .build
cc -shared -fPIC -O1 -Wall -Werror -o "$library" Tests/clock/shifted.c -ldl
swift build --build-tests
for day in "$@"; do
    shift=$(($(date -d "$day 12:00 UTC" +%s) - $(date +%s)))
    echo "==> the tests on $day"
    env LD_PRELOAD="$PWD/$library" TOKENWATCH_TEST_SHIFT="$shift" Tests/run.sh --skip-build
done

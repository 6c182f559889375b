#!/bin/bash
# Builds and runs every test, in four parts at the same time: many tests of the binary mostly wait.
#
#   Tests/run.sh [--skip-build]
set -euo pipefail
cd "$(dirname "$0")/.."
[ "${1:-}" = --skip-build ] || swift build --build-tests

# As `swift test` runs it, which keeps a lock meanwhile.
bundle=$(swift build --show-bin-path)/tokenwatchdPackageTests.xctest
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# It reports on standard error; CI counts the tests in what is printed.
part() {
    local name=$1
    shift
    "$bundle" --testing-library swift-testing --no-parallel "$@" >"$logs/$name" 2>&1
}

# Every test is in exactly one part, so the last ones say what they are not.
binary='^DaemonTests\.'
early='^DaemonTests\.Daemon[A-H]'
libraries='^(MonitorTests|FormatsTests|FuzzTests|CommandsTests)\.'
part binary-1 --filter "$early" &
part binary-2 --filter "$binary" --skip "$early" &
part libraries --filter "$libraries" &
part engine --skip "$binary|$libraries" &

status=0
for job in $(jobs -p); do wait "$job" || status=$?; done
cat "$logs"/*
# Once more where they are found: at the end.
grep -h '^✘' "$logs"/* || true
for log in "$logs"/*; do
    tail -n 1 "$log" | grep -q '^✔ Test run with ' || { echo "$(basename "$log"), which ended so:"; tail -n 5 "$log"; }
done
exit "$status"

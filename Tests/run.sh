#!/bin/bash
# Builds and runs every test, in two halves side by side: the tests of the binary mostly wait.
#
#   Tests/run.sh [--skip-build]
set -euo pipefail
cd "$(dirname "$0")/.."
[ "${1:-}" = --skip-build ] || swift build --build-tests

# As `swift test` runs it, which keeps a lock meanwhile.
bundle=$(swift build --show-bin-path)/tokenwatchdPackageTests.xctest
# It reports on standard error; CI counts the tests in what is printed.
half() { "$bundle" --testing-library swift-testing --no-parallel "$@" 2>&1; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
half --filter '^DaemonTests\.' >"$log" &
status=0
half --skip '^DaemonTests\.' || status=$?
wait $! || status=$?
cat "$log"
exit "$status"

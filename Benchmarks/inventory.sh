#!/bin/sh
# Measures an inventory with many rows: memory, CPU, time, and pauses for others.
#
#   Benchmarks/inventory.sh [BINARY [ROWS]]
#
# The provider is a Python server on the loopback interface with 1,000 rows a page. Needs python3; it
# works in a directory that is removed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
command -v python3 >/dev/null || {
    echo "inventory: python3 is not installed; on Debian: apt-get install python3" >&2
    exit 1
}
exec python3 -B "$here/inventory.py" "$@"

#!/bin/sh
# Measures what a reload with many tokens does to everybody else.
#
#   Benchmarks/reload.sh [BINARY [TOKENS]]
#
# While the daemon reloads, one client each asks for /v1/status, /healthz and one token all the time.
# Prints the longest answer of each, how long the reload takes, and the peak of the memory. Needs nginx,
# openssl and python3; everything runs on the loopback interface, in a directory that is removed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
for tool in nginx openssl python3; do
    if ! command -v "$tool" >/dev/null && [ ! -x "/usr/sbin/$tool" ]; then
        echo "reload: $tool is not installed; on Debian: apt-get install $tool" >&2
        exit 1
    fi
done
PATH=$PATH:/usr/sbin
export PATH
exec python3 -B "$here/reload.py" "$@"

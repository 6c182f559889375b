#!/bin/sh
# Looks for leaks: memory and open files over a million polls.
#
#   Benchmarks/leaks.sh [--tls] [BINARY [TOKENS [POLLS]]]
#
# Four tokens of ten are rejected, answered with half a document or 503, or cut off. After each sweep, one
# client requests all tokens, the metrics, events and the page. Prints a line of figures at some counts of polls.
# Needs nginx, openssl and python3; everything runs on the loopback interface, in a directory that is removed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
for tool in nginx openssl python3; do
    if ! command -v "$tool" >/dev/null && [ ! -x "/usr/sbin/$tool" ]; then
        echo "leaks: $tool is not installed; on Debian: apt-get install $tool" >&2
        exit 1
    fi
done
PATH=$PATH:/usr/sbin
export PATH
exec python3 -B "$here/leaks.py" "$@"

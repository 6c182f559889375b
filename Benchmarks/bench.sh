#!/bin/sh
# Measures tokenwatchd against its quality bars, and other programs with the same requests.
#
#   Benchmarks/bench.sh [--full] [--markdown] [BINARY]
#
# --full goes up to 100,000 tokens and 1,000,000 polls. Prints one table; exits 0 whatever the figures
# are, and 1 if something could not be measured. Needs nginx, curl, openssl, python3 with requests, wrk
# and prometheus-blackbox-exporter. Everything runs on the loopback interface, in a directory that is
# removed at the end.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
for tool in nginx curl openssl python3 wrk prometheus-blackbox-exporter; do
    if ! command -v "$tool" >/dev/null && [ ! -x "/usr/sbin/$tool" ]; then
        echo "bench: $tool is not installed; on Debian: apt-get install $tool" >&2
        exit 1
    fi
done
PATH=$PATH:/usr/sbin
export PATH
exec python3 -B "$here/bench.py" "$@"

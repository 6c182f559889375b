#!/bin/bash
# Shows tokenwatchd at work within a minute, against a stand-in for VPS.org: a token that expires
# and is renewed, one that is revoked, one whose permissions change, and three lists of tokens, with
# a removal, an outage and a new token; what the log and a webhook get, and the status at the end.
# Fails when something that should be seen is not.
#
#   Tests/demo.sh [DIRECTORY OF THE BINARIES]        default: .build/debug
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
binaries=$(cd "${1:-$root/.build/debug}" && pwd)
place=$(mktemp -d)
seen=$place/seen
processes=()

cleanup() {
    local status=$?
    trap - EXIT
    if [ "${#processes[@]}" -gt 0 ]; then
        kill "${processes[@]}" 2>/dev/null || true
        wait "${processes[@]}" 2>/dev/null || true
    fi
    if [ "$status" -ne 0 ] && [ -s "$place/daemon.log" ]; then
        echo "--- what the daemon said:" >&2
        cat "$place/daemon.log" >&2
    fi
    rm -rf "$place"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

title() { printf '\n== %s\n' "$*"; }

fail() {
    echo "demo: $*" >&2
    exit 1
}

# Waits until a line matches an extended regular expression: until_seen SECONDS PATTERN FILE
until_seen() {
    local turns=$(($1 * 10))
    while ! grep -Eq -- "$2" "$3" 2>/dev/null; do
        turns=$((turns - 1))
        [ "$turns" -gt 0 ] || fail "not seen within $1 s: $2"
        sleep 0.1
    done
}

title "a stand-in for VPS.org, with a log daemon and a receiver of webhooks"
"$binaries/tokenwatch-sandbox" --scenario "$root/config/demo-scenario.toml" \
    --print --syslog "$place/log" >"$seen" &
sandbox=$!
processes+=("$sandbox")
until_seen 10 '^listening on http://' "$seen"
url=$(sed -n '1s/^listening on //p' "$seen")
echo "$url"

umask 077
mkdir "$place/state" "$place/run" "$place/secrets"
for token in deploy backup dns-bot gitlab cloudflare nomad; do
    printf '%s\n' "demo-secret-$token" >"$place/secrets/$token"
done
sed -e "s|http://127.0.0.1:18080|$url|" -e "s|/tmp/tokenwatch-demo/log|$place/log|" \
    "$root/config/demo.toml" >"$place/tokenwatchd.toml"
export STATE_DIRECTORY=$place/state RUNTIME_DIRECTORY=$place/run
export CREDENTIALS_DIRECTORY=$place/secrets

title "tokenwatchd check-config"
"$binaries/tokenwatchd" check-config --config "$place/tokenwatchd.toml"

title "tokenwatchd run: what the log and the webhook get, as it comes"
tail -n +2 -f "$seen" &
processes+=("$!")
"$binaries/tokenwatchd" run --config "$place/tokenwatchd.toml" 2>"$place/daemon.log" &
daemon=$!
processes+=("$daemon")

until_seen 20 '^webhook ops.*: warning expiring raised: .*deploy' "$seen"
until_seen 20 '^webhook ops.*: critical rejected raised: .*backup' "$seen"
until_seen 20 '^webhook ops.*: warning permissions_changed changed: .*dns-bot' "$seen"
until_seen 20 '^webhook ops.*: critical permissions_missing raised: .*dns-bot' "$seen"
until_seen 20 '^webhook ops.*: .* expiring resolved: .*deploy' "$seen"
until_seen 20 '^webhook ops.*: warning expiring raised: .*platform/4' "$seen"
until_seen 20 '^webhook ops.*: critical expiring raised: .*edge/edge-dns' "$seen"
until_seen 20 '^webhook ops.* left_list changed: .*platform/6' "$seen"
until_seen 20 '^webhook ops.* first_seen changed: .*cluster/job-new' "$seen"
until_seen 5 '^syslog: .*deploy' "$seen"
until_seen 5 '^syslog: .*backup' "$seen"
until_seen 5 '^syslog: .*dns-bot' "$seen"
kill -0 "$daemon" || fail "the daemon is gone"

title "tokenwatchd status"
status=0
"$binaries/tokenwatchd" status --socket "$place/run/status.sock" >"$place/status" || status=$?
cat "$place/status"
[ "$status" -eq 2 ] || fail "status ended with $status; 2 (critical) was due"
for pattern in 'deploy.*ok' 'backup.*critical' 'dns-bot.*critical' 'edge/edge-dns.*critical'; do
    grep -Eiq -- "$pattern" "$place/status" || fail "the status does not show $pattern"
done
if grep -q 'demo-secret' "$seen" "$place/status" "$place/daemon.log"; then
    fail "a secret was shown"
fi

title "stopped in order"
kill -TERM "$daemon"
wait "$daemon" || fail "the daemon ended with $?"
kill -TERM "$sandbox"
wait "$sandbox" || fail "the stand-in ended with $?"
echo "all of it was seen"

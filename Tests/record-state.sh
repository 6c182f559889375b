#!/bin/bash
# Keeps a state as this version writes it, for the tests that open it in every later one: tokens with
# alerts, one of them acknowledged, a token that nobody has seen, and deliveries that wait.
#
#   Tests/record-state.sh [DIRECTORY OF THE BINARIES]        default: .build/debug
#
# To be run when the schema of the state has changed, before the release that has it, and not after:
# what was released stays as it is. It writes Tests/Fixtures/state/SCHEMA.sql.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
binaries=$(cd "${1:-$root/.build/debug}" && pwd)
place=$(mktemp -d)
processes=()
cleanup() {
    [ "${#processes[@]}" -eq 0 ] || kill "${processes[@]}" 2>/dev/null || true
    rm -rf "$place"
}
trap cleanup EXIT

command -v sqlite3 >/dev/null || { echo "there is no sqlite3: apt-get install sqlite3" >&2; exit 1; }
umask 077
cat >"$place/play.toml" <<END
[tokens.expiring]
secret      = "secret-expiring"
name        = "Deploy Key"
permissions = ["dns:*", "servers:list"]
created     = "-30d"
expires     = "+6d"
[tokens.revoked]
secret      = "secret-revoked"
permissions = ["dns:list"]
expires     = "never"
revoked     = true
[tokens.short]
secret      = "secret-short"
permissions = ["dns:list"]
expires     = "+300d"
END
"$binaries/tokenwatch-sandbox" --scenario "$place/play.toml" --print >"$place/seen" &
processes+=("$!")
until grep -q '^listening on' "$place/seen"; do sleep 0.1; done
url=$(sed -n '1s/^listening on //p' "$place/seen")

mkdir "$place/secrets"
for id in expiring revoked short unseen; do printf 'secret-%s\n' "$id" >"$place/secrets/$id"; done
cat >"$place/tokenwatchd.toml" <<END
[daemon]
name      = "vps-1"
state_dir = "$place/state"
socket    = "$place/socket"
[channels.ops]
type = "webhook"
url  = "http://127.0.0.1:1/"
[tokens.expiring]
base_url    = "$url"
secret_file = "$place/secrets/expiring"
owner       = "platform team"
[tokens.revoked]
base_url    = "$url"
secret_file = "$place/secrets/revoked"
[tokens.short]
base_url    = "$url"
secret_file = "$place/secrets/short"
require     = ["servers:*"]
[tokens.unseen]
base_url    = "http://127.0.0.1:1"
secret_file = "$place/secrets/unseen"
END
"$binaries/tokenwatchd" run --config "$place/tokenwatchd.toml" 2>"$place/log" &
daemon=$!
processes+=("$daemon")
status() { "$binaries/tokenwatchd" status --socket "$place/socket" 2>/dev/null || true; }
until [ "$(status | grep -cE '^(expiring|revoked|short) .*(warning|critical)')" -eq 3 ]; do
    sleep 0.1
done
"$binaries/tokenwatchd" ack expiring --reason "a new one is ordered" --by ann --for 30d \
    --socket "$place/socket"
kill -TERM "$daemon"
wait "$daemon"

base=$place/state/state.db
version=$(sqlite3 "$base" 'PRAGMA user_version')
mkdir -p "$root/Tests/Fixtures/state"
{
    echo "-- A state as tokenwatchd $("$binaries/tokenwatchd" --version | sed 's/.* //') writes it."
    echo "-- Made by Tests/record-state.sh."
    echo "PRAGMA auto_vacuum = INCREMENTAL;"
    echo "PRAGMA application_id = $(sqlite3 "$base" 'PRAGMA application_id');"
    echo "PRAGMA user_version = $version;"
    sqlite3 "$base" .dump
} >"$root/Tests/Fixtures/state/$version.sql"
! grep -q "secret-" "$root/Tests/Fixtures/state/$version.sql"
echo "Tests/Fixtures/state/$version.sql"

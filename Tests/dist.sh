#!/bin/bash
# Tries the release files of `make dist`: another run gives the same bytes, the checksums hold, and the
# archive installs to another prefix without a package manager, and runs from there.
#
#   make dist && Tests/dist.sh
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "dist: $*" >&2
    exit 1
}
place=$(mktemp -d)
daemon=
cleanup() {
    local status=$?
    [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$place"
    exit "$status"
}
trap cleanup EXIT

# `make dist` without the compiler: the program is there.
build() {
    make --no-print-directory package >"$place/log" 2>&1 || fail "$(tail -n 20 "$place/log")"
    packaging/archive.sh >/dev/null
}
[ -e dist/SHA256SUMS ] || fail "dist/SHA256SUMS does not exist; run make dist first"
cp dist/SHA256SUMS "$place/first"
build
cmp "$place/first" dist/SHA256SUMS || fail "another run gives other files; run make dist again if the sources have changed"
(cd dist && sha256sum --check --quiet SHA256SUMS)
python3 - dist/tokenwatchd-*.spdx.json <<'END'
import json, sys
document = json.load(open(sys.argv[1]))
names = {part["name"]: part["versionInfo"] for part in document["packages"]}
for wanted in ("tokenwatchd", "swift-runtime", "libcurl4", "libsqlite3-0", "libssl3"):
    assert names.get(wanted), f"{wanted} is not in {names}"
assert document["spdxVersion"] == "SPDX-2.3" and len(document["relationships"]) == len(names)
END

# Another layout: files of the archive alone, in a folder of its own.
tar --extract --gzip --file dist/tokenwatchd-*.tar.gz --directory "$place"
root=$place/root
DESTDIR=$root PREFIX=/opt/tokenwatchd sh "$place"/tokenwatchd-*/install.sh >/dev/null
for file in opt/tokenwatchd/bin/tokenwatchd etc/systemd/system/tokenwatchd.service \
    opt/tokenwatchd/share/man/man8/tokenwatchd.8 opt/tokenwatchd/lib/sysusers.d/tokenwatchd.conf \
    opt/tokenwatchd/share/bash-completion/completions/tokenwatchd etc/tokenwatchd/tokenwatchd.toml; do
    [ -e "$root/$file" ] || fail "$file was not installed"
done
# Every link between the documents leads to a file, in the archive and where it is installed.
for folder in "$place"/tokenwatchd-* "$root/opt/tokenwatchd/share/doc/tokenwatchd" \
    "$root/opt/tokenwatchd/share/doc/tokenwatchd/examples"; do
    links=$(cat "$folder"/*.md | grep -oE '\]\([A-Za-z./][^)]*' | cut -c 3- | grep -v : | sed 's/#.*//' | sort -u)
    [ -n "$links" ] || fail "no link was found in $folder"
    while IFS= read -r link; do
        [ -e "$folder/$link" ] || fail "a document in $folder links to $link, which does not exist"
    done <<<"$links"
done
grep -q '^ExecStart=/opt/tokenwatchd/bin/tokenwatchd run$' \
    "$root/etc/systemd/system/tokenwatchd.service" || fail "the unit starts another program"
refuse=$(DESTDIR=$root PREFIX=opt sh "$place"/tokenwatchd-*/install.sh 2>&1) && fail "PREFIX=opt was taken"
grep -q 'not an absolute path' <<<"$refuse"
echo '# mine' >>"$root/etc/tokenwatchd/tokenwatchd.toml"
DESTDIR=$root PREFIX=/opt/tokenwatchd sh "$place"/tokenwatchd-*/install.sh >/dev/null
tail -n 1 "$root/etc/tokenwatchd/tokenwatchd.toml" | grep -q '^# mine$' || fail "an upgrade lost the configuration"

program=$root/opt/tokenwatchd/bin/tokenwatchd
mkdir -m 0700 "$place/state"
cat >"$place/own.toml" <<END
[daemon]
state_dir = "$place/state"
socket = "$place/socket"
[channels.stderr]
type = "stderr"
END
chmod 0600 "$place/own.toml"
"$program" check-config --config "$place/own.toml" >/dev/null
"$program" run --config "$place/own.toml" 2>"$place/said" &
daemon=$!
for _ in $(seq 100); do
    "$program" status --socket "$place/socket" >"$place/status" 2>/dev/null && break
    sleep 0.1
done
grep -q '^No tokens configured' "$place/status" || fail "$(cat "$place/said")"
echo "dist: built twice, the files are the same; installed to /opt/tokenwatchd, the program runs"

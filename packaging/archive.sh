#!/bin/bash
# Makes the release files in dist/ from the program in dist/: the archive, the bill of materials and the
# checksums, next to the package from `make package`.
#
#   packaging/archive.sh
#
# Two runs with the same program give the same bytes: order, owners, modes and times are fixed.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C TZ=UTC

version=$(dpkg-parsechangelog --show-field Version)
seconds=$(dpkg-parsechangelog --show-field Timestamp)
arch=$(dpkg --print-architecture)
name=tokenwatchd-$version-linux-$arch
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

make --no-print-directory install DESTDIR="$stage" PREFIX=/usr >/dev/null
mkdir "$stage/$name"
mv "$stage/usr" "$stage/$name/files"
install -m 0755 packaging/install.sh "$stage/$name/install.sh"
install -m 0644 config/tokenwatchd.toml LICENSE "$stage/$name/"
documents=files/share/doc/tokenwatchd
for file in README.md CHANGELOG.md SECURITY.md; do
    sed -E "s#\]\(([A-Za-z][^:)]*)\)#]($documents/\1)#g" "$stage/$name/$documents/$file" >"$stage/$name/$file"
    chmod 0644 "$stage/$name/$file"
done
find "$stage/$name" -type d -exec chmod 0755 {} +

rm -f dist/tokenwatchd-*.tar.gz dist/tokenwatchd-*.spdx.json dist/SHA256SUMS
tar --create --directory="$stage" --sort=name --owner=0 --group=0 --numeric-owner --format=ustar \
    --mtime="@$seconds" "$name" | gzip --no-name -9 >"dist/$name.tar.gz"
packaging/sbom.py dist/tokenwatchd "$version" "$seconds" >"dist/$name.spdx.json"
(cd dist && sha256sum "$name.tar.gz" "$name.spdx.json" tokenwatchd_"$version"_*.deb >SHA256SUMS)
cat dist/SHA256SUMS

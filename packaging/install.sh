#!/bin/sh
# Installs tokenwatchd from the unpacked archive; running it again upgrades.
#
#   sudo ./install.sh                   to /usr/local
#   sudo PREFIX=/opt/tokenwatchd ./install.sh
#   DESTDIR=/tmp/root ./install.sh      files only: creates no user, does not touch systemd
#
# It keeps an existing configuration, and neither starts nor stops the service.
set -eu
cd "$(dirname "$0")"
PREFIX=${PREFIX:-/usr/local}
DESTDIR=${DESTDIR:-}

case $PREFIX in
/*) ;;
*) echo "PREFIX=$PREFIX is not an absolute path; set one, such as /usr/local" >&2; exit 64 ;;
esac
if [ -z "$DESTDIR" ] && [ "$(id -u)" -ne 0 ]; then
    echo "installing to $PREFIX needs root: run it with sudo, or set DESTDIR" >&2
    exit 1
fi
# systemd reads units in /usr and /usr/local; with another prefix they go to /etc.
case $PREFIX in
/usr | /usr/local) units=$PREFIX/lib/systemd/system ;;
*) units=/etc/systemd/system ;;
esac

umask 022
(cd files && find . -type f ! -path './lib/systemd/*') | while IFS= read -r file; do
    mode=0644
    [ "$file" != ./bin/tokenwatchd ] || mode=0755
    install -D -m "$mode" "files/$file" "$DESTDIR$PREFIX/${file#./}"
done
mkdir -p "$DESTDIR$units"
for unit in files/lib/systemd/system/*; do
    sed "s|/usr/bin/|$PREFIX/bin/|g" "$unit" >"$DESTDIR$units/${unit##*/}"
done

[ -n "$DESTDIR" ] || ! command -v systemd-sysusers >/dev/null ||
    systemd-sysusers "$PREFIX/lib/sysusers.d/tokenwatchd.conf"
etc=$DESTDIR/etc/tokenwatchd
install -d -m 0755 "$etc" "$etc/conf.d"
install -d -m 0750 "$etc/secrets"
[ -e "$etc/tokenwatchd.toml" ] || install -m 0640 tokenwatchd.toml "$etc/tokenwatchd.toml"
if [ -z "$DESTDIR" ]; then
    if getent group tokenwatchd >/dev/null; then
        chgrp tokenwatchd "$etc/secrets" "$etc/tokenwatchd.toml"
    else
        echo "the user tokenwatchd does not exist: create it (useradd --system tokenwatchd), or run the daemon as yourself" >&2
    fi
    [ ! -d /run/systemd/system ] || systemctl daemon-reload
fi
echo "installed $PREFIX/bin/tokenwatchd"
echo "next: systemctl enable --now tokenwatchd; $PREFIX/bin/tokenwatchd add ID"

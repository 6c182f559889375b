#!/bin/bash
# Boots a test machine, with a stand-in for VPS.org behind TLS on its loopback, and runs steps.sh in it.
#
#   MIRROR=URL Tests/system/machine.sh bookworm|trixie
#
# Everything is in namespaces of its own and in a cgroup of its own, and ends with this script.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
LOWER=$("$here/root.sh" "$1")
PLACE=$(mktemp -d /tmp/twd-system.XXXXXX)
share=$PLACE/share
export LOWER PLACE

# A cgroup for the machine, so that nothing of it can be left behind.
cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
mounted=
if [ -z "$cgroups" ]; then
    cgroups=$PLACE/cgroups
    mkdir "$cgroups"
    mount -t cgroup2 none "$cgroups"
    mounted=$cgroups
fi
own=$(sed -n 's/^0:://p' /proc/self/cgroup)
cgroup=$cgroups${own%/}/twd-system-$$
mkdir "$cgroup"

processes=()
cleanup() {
    local status=$?
    trap - EXIT
    [ "${#processes[@]}" -eq 0 ] || kill "${processes[@]}" 2>/dev/null || true
    echo 1 >"$cgroup/cgroup.kill" 2>/dev/null || true
    wait 2>/dev/null || true
    for _ in $(seq 100); do
        grep -qs 'populated 0' "$cgroup/cgroup.events" && break
        sleep 0.05
    done
    find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
    [ -z "$mounted" ] || umount "$mounted"
    rm -rf --one-file-system "$PLACE"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    echo "system test: $*" >&2
    tail -n 40 "$PLACE/console" >&2 2>/dev/null || true
    exit 1
}

# --- what the machine is given
chmod 0755 "$PLACE"
mkdir "$share" "$PLACE/tls"
cp "$here/steps.sh" "$here/promises.py" README.md "$share/"
cp dist/tokenwatchd_*.deb "$share/"
# The next version of the package: a changed configuration file, and another number.
dpkg-deb -R dist/tokenwatchd_*.deb "$PLACE/next"
sed -i 's/^Version: .*/&+next/' "$PLACE/next/DEBIAN/control"
echo '# Of the next version.' >>"$PLACE/next/etc/tokenwatchd/tokenwatchd.toml"
dpkg-deb --root-owner-group --build "$PLACE/next" "$share/next.deb" >/dev/null

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
    -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost,DNS:admin.vps.org,DNS:api.github.com,DNS:gitlab.example.com,DNS:hooks.slack.com" \
    -keyout "$PLACE/tls/key.pem" \
    -out "$share/ca.pem" 2>/dev/null
# A host of the world outside, whose paths begin elsewhere at the stand-in: site NAME PATH
site() {
    cat <<END
    server {
        listen 127.0.0.1:443 ssl;
        server_name $1;
        ssl_certificate $share/ca.pem;
        ssl_certificate_key $PLACE/tls/key.pem;
        location / { proxy_pass http://127.0.0.1:18080$2; }
    }
END
}
cat >"$PLACE/tls/nginx.conf" <<END
daemon off;
pid $PLACE/tls/pid;
error_log $PLACE/tls/error.log;
worker_processes 1;
events {}
http {
    access_log off;
    client_body_temp_path $PLACE/tls/body;
    proxy_temp_path $PLACE/tls/proxy;
    fastcgi_temp_path $PLACE/tls/fastcgi;
    uwsgi_temp_path $PLACE/tls/uwsgi;
    scgi_temp_path $PLACE/tls/scgi;
    server {
        listen 127.0.0.1:18443 ssl;
        listen 127.0.0.1:443 ssl;
        ssl_certificate $share/ca.pem;
        ssl_certificate_key $PLACE/tls/key.pem;
        location / { proxy_pass http://127.0.0.1:18080; }
    }
$(site api.github.com /play/github/live/)
$(site gitlab.example.com /play/gitlab/live/)
$(site hooks.slack.com /hooks/slack?)
}
END
cat >"$PLACE/scenario.toml" <<'END'
[tokens.deploy]
secret      = "system-secret-deploy"
name        = "Production Deploy Key"
permissions = ["servers:list", "dns:*"]
created     = "-359d"
expires     = "+6d"

[tokens.backup]
secret      = "system-secret-backup"
permissions = ["backups:*"]
expires     = "+300d"

[tokens.vault]
secret      = "system-secret-vault"
permissions = ["dns:list"]
expires     = "+300d"
END

# --- boot
bash -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' - "$cgroup" \
    unshare --pid --fork --kill-child --mount --uts --ipc --net --cgroup "$here/init.sh" \
    </dev/null >"$PLACE/console" 2>&1 &
machine=$!
first=
for _ in $(seq 600); do
    kill -0 "$machine" 2>/dev/null || fail "the machine ended while it booted"
    first=$(tr -d ' ' <"/proc/$machine/task/$machine/children")
    if [ -n "$first" ] && [ -S "/proc/$first/root/run/systemd/private" ] &&
        [ "$(cat "/proc/$first/comm")" = systemd ]; then
        break
    fi
    sleep 0.05
done
[ -S "/proc/$first/root/run/systemd/private" ] || fail "systemd did not come up within 30 s"

inside() {
    bash -c 'echo $$ >"$1/init.scope/cgroup.procs" && shift && exec "$@"' - "$cgroup" \
        nsenter --target "$first" --mount --uts --ipc --net --pid --cgroup --root --wd \
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        TERM=dumb LANG=C.UTF-8 "$@"
}
state=$(inside timeout 60 systemctl is-system-running --wait) || true
[ "$state" = running ] || {
    inside systemctl --no-pager --failed >&2 || true
    fail "the machine is $state after its boot"
}
echo "  booted $(inside systemctl --version | sed -n 1p)"

# --- the world around it: programs of this machine, on that machine's loopback
nsenter --target "$first" --net .build/debug/tokenwatch-sandbox --scenario "$PLACE/scenario.toml" \
    --plays Tests/Fixtures/providers --listen 127.0.0.1:18080 --print >"$share/seen" 2>&1 &
processes+=("$!")
nsenter --target "$first" --net nginx -c "$PLACE/tls/nginx.conf" >"$PLACE/tls/log" 2>&1 &
processes+=("$!")

inside timeout 300 bash /test/steps.sh || fail "a step failed"
inside systemctl poweroff >/dev/null 2>&1 || true
for _ in $(seq 300); do
    kill -0 "$machine" 2>/dev/null || exit 0
    sleep 0.1
done
fail "the machine did not power off within 30 s"

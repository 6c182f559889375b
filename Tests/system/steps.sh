#!/bin/bash
# What an installation promises, tried from inside a machine that Tests/system/machine.sh has booted.
# /test holds the packages, the stand-in's certificate, and what its receiver of webhooks saw.
set -Eeuo pipefail
export DEBIAN_FRONTEND=noninteractive
unit=tokenwatchd.service
socket=/run/tokenwatchd/status.sock
drop_in=/run/systemd/system/$unit.d
current='the start'

step() {
    current=$*
    echo "  - $*"
}

fail() {
    trap - ERR
    # Of a command in a command, the outer one tells.
    [ "$BASH_SUBSHELL" -eq 0 ] || exit 1
    echo "failed at \"$current\": $*" >&2
    journalctl --no-pager --lines 40 >&2 || true
    exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR

# Waits until a command succeeds: eventually COMMAND…, half a minute at most.
eventually() {
    local turns=300
    until "$@" >/dev/null 2>&1; do
        turns=$((turns - 1))
        [ "$turns" -gt 0 ] || fail "never held: $*"
        sleep 0.1
    done
}

refuted() { ! "$@"; }
is() { [ "$1" = "$2" ] || fail "\"$1\" is not \"$2\""; }
property() { systemctl show --value --property "$1" $unit; }
ask() { curl --silent --fail --unix-socket $socket "http://tokenwatchd$1"; }
holds() { ask "$1" | jq --exit-status "$2"; }
said() { journalctl --sync && journalctl --no-pager --quiet --unit $unit --grep "$1"; }
mode() { stat --format '%a %U:%G' "$1"; }
raised() { grep -c '^webhook ops.*expiring raised: .*deploy' /test/seen || true; }
requests() { curl --silent http://127.0.0.1:18080/control/requests | jq ".tokens.$1 // 0"; }
restarted() { [ "$(property MainPID)" != "$1" ] && systemctl --quiet is-active $unit; }
said_alive() { [ "$(property WatchdogTimestampMonotonic)" -gt "$1" ]; }
asked_again() { [ "$(requests deploy)" -gt "$1" ]; }
install_package() {
    apt-get install --quiet --quiet --yes -o Dpkg::Options::=--force-confold "$1" 2>&1
}

keep_secret() { install -m 0640 -g tokenwatchd /dev/stdin "/etc/tokenwatchd/secrets/$1" <<<"$2"; }

status_line() { property StatusText | grep -q "$1"; }

# Adds lines to the unit: with_settings NAME LINE…
with_settings() {
    local name=$1
    shift
    mkdir -p $drop_in
    printf '[Service]\n%s\n' "$@" >"$drop_in/$name.conf"
    systemctl daemon-reload
}

# --- as it is installed
step "lintian finds no error"
runuser -u nobody -- lintian --fail-on error /test/tokenwatchd_*.deb >/tmp/lintian 2>&1 ||
    fail "$(cat /tmp/lintian)"

step "the lines of the README, as they stand, lead from the package to a notification in Slack"
# The stand-in takes the place of the providers and of Slack on this machine alone.
echo 127.0.0.1 admin.vps.org api.github.com gitlab.example.com hooks.slack.com >>/etc/hosts
cp /test/ca.pem /usr/local/share/ca-certificates/test-ca.crt
update-ca-certificates >/dev/null 2>&1
mkdir -p /root/checkout/dist
cp /test/tokenwatchd_*.deb /root/checkout/dist/
readme_lines() {
    sed -n "/^## $1\$/,/^## /p" /test/README.md | sed '/^```sh$/,/^```$/!d' | grep -v '^```'
}
readme_lines Install >/tmp/lines
is "$(sed -n '1s/ *#.*//p' /tmp/lines)" "make deb"
# The first line was done before this machine was booted.
sed -i 1d /tmp/lines
readme_lines 'Watch your first token' >>/tmp/lines
is "$(wc -l </tmp/lines)" 10
while IFS= read -r line <&3; do
    echo "\$ $line"
    # What a person types at the prompt.
    case $line in
    *' add deploy '*) typed=system-secret-deploy ;;
    *' add ci '*) typed=secret-of-github ;;
    *' add registry '*) typed=secret-of-gitlab ;;
    *' add-channel '*) typed=https://hooks.slack.com/services/T1/B1/system-secret-slack ;;
    *) typed= ;;
    esac
    status=0
    (cd /root/checkout && bash -e -c "$line") <<<"$typed" || status=$?
    # `poll-now` ends with 1: the token expires within a week.
    case $line:$status in
    *:0 | *' poll-now deploy '*:1) ;;
    *) echo "ended with $status" && break ;;
    esac
done 3</tmp/lines >/tmp/said 2>&1
refuted grep '^ended with' /tmp/said || fail "$(cat /tmp/said)"
grep -q '^No tokens configured' /tmp/said
grep -q '^deploy: warning$' /tmp/said
grep -q '^Test delivered to team' /tmp/said
is "$(systemctl is-active $unit) $(systemctl is-enabled $unit)" "active enabled"
for id in deploy ci registry; do eventually holds /v1/tokens/$id '.last_outcome == "ok"'; done
eventually grep -q '^webhook slack: .*deploy expires' /test/seen
refuted grep -q system-secret /tmp/said
is "$(runuser -u nobody -- cat /etc/tokenwatchd/secrets/deploy 2>/dev/null || true)" ""
apt-get purge --quiet --quiet --yes tokenwatchd >/dev/null
rm -r /root/checkout

step "a fresh installation runs without tokens, says so, and leaves nothing failed"
install_package /test/tokenwatchd_*.deb >/tmp/installed || fail "$(cat /tmp/installed)"
is "$(systemctl is-active $unit)" active
is "$(systemctl is-enabled $unit)" enabled
is "$(systemctl --failed --quiet --no-legend)" ""
is "$(property StatusText)" "no tokens configured"
is "$(tokenwatchd status)" "No tokens configured. Add one: sudo tokenwatchd add ID"
tokenwatchd check
is "$(mode /etc/tokenwatchd/tokenwatchd.toml)" "640 root:tokenwatchd"
is "$(mode /etc/tokenwatchd/secrets)" "750 root:tokenwatchd"
systemctl stop $unit

step "systemd has nothing to say about the unit, and rates its exposure at 1.6 or less"
is "$(systemd-analyze verify --man=no /usr/lib/systemd/system/$unit 2>&1)" ""
systemd-analyze security --offline=true --threshold=16 /usr/lib/systemd/system/$unit >/dev/null

# --- at work
step "configured, it starts, and polls over TLS"
cp /test/ca.pem /etc/ssl/test-ca.pem
keep_secret deploy system-secret-deploy
keep_secret ops-url http://127.0.0.1:18080/hooks/ops
sed -i 's|^#ca_file = .*|ca_file = "/etc/ssl/test-ca.pem"|' /etc/tokenwatchd/tokenwatchd.toml
cat >>/etc/tokenwatchd/tokenwatchd.toml <<'END'
[channels.journal]
type = "journal"
[channels.ops]
type = "webhook"
url_file = "/etc/tokenwatchd/secrets/ops-url"
[tokens.deploy]
secret_file = "/etc/tokenwatchd/secrets/deploy"
base_url    = "https://localhost:18443"
END
# Only the pause before a restart is made short.
with_settings restart RestartSec=200ms
systemctl start $unit
is "$(systemctl is-active $unit)" active
eventually holds /v1/tokens/deploy '.last_outcome == "ok"'

step "it delivers: to a webhook, and to the journal with fields"
eventually grep -q '^webhook ops.*expiring raised: .*deploy' /test/seen
entry=$(journalctl --sync && journalctl --output json TOKENWATCH_TOKEN=deploy TOKENWATCH_TYPE=expiring)
is "$(jq -r '[.TOKENWATCH_PHASE, .TOKENWATCH_SEVERITY, .PRIORITY, ._SYSTEMD_UNIT] | join(" ")' <<<"$entry")" \
    "raised warning 4 $unit"
jq -e '.TOKENWATCH_EVENT | fromjson | .token.id == "deploy"' <<<"$entry" >/dev/null
lines=$(journalctl --output json --unit $unit SYSLOG_IDENTIFIER=tokenwatchd _TRANSPORT=stdout)
jq -e 'select(.PRIORITY == "6")' <<<"$lines" >/dev/null
refuted grep -r system-secret /var/log/journal /run/log/journal
refuted journalctl --quiet --grep 'system-secret' >/dev/null

step "its status line is there to read"
eventually status_line '^1 token: 1 warning; next poll'

step "the socket is for its group, and changes are for root"
is "$(mode $socket)" "660 tokenwatchd:tokenwatchd"
is "$(mode /var/lib/tokenwatchd)" "700 tokenwatchd:tokenwatchd"
is "$(mode /var/lib/tokenwatchd/state.db)" "600 tokenwatchd:tokenwatchd"
useradd --groups tokenwatchd member
useradd stranger
runuser -u member -- curl --silent --fail --unix-socket $socket http://tokenwatchd/v1/status >/dev/null
refuted runuser -u stranger -- curl --silent --fail --unix-socket $socket http://tokenwatchd/v1/status
is "$(runuser -u member -- curl --silent --output /dev/null --write-out '%{http_code}' \
    --request POST --unix-socket $socket http://tokenwatchd/v1/reload)" 403
status=0
tokenwatchd status >/tmp/status || status=$?
is "$status" 1
grep -q 'deploy.*warning' /tmp/status

step "the process has no privilege, a filter, and no core dumps"
process=$(property MainPID)
is "$(awk '/^Cap/ { sum = sum $2 } /^(NoNewPrivs|Seccomp):/ { sum = sum " " $2 } END { print sum }' \
    "/proc/$process/status")" "$(printf '0%.0s' {1..80}) 1 2"
is "$(awk '/^Max core file size/ { print $5, $6 }' "/proc/$process/limits")" "0 0"
is "$(stat --format %U "/proc/$process")" tokenwatchd

# --- reloads
step "systemctl reload takes a good configuration"
cat >/etc/tokenwatchd/conf.d/vault.toml <<'END'
[tokens.vault]
secret_file = "/etc/tokenwatchd/secrets/vault"
base_url    = "https://localhost:18443"
END
keep_secret vault system-secret-vault
systemctl reload $unit
is "$(property MainPID)" "$process"
eventually holds /v1/tokens/vault '.last_outcome == "ok"'

step "systemctl reload refuses a bad one, says why, and nothing changes"
echo 'intervall = "1h"' >/etc/tokenwatchd/conf.d/bad.toml
refuted systemctl reload $unit 2>/dev/null
is "$(property MainPID) $(systemctl is-active $unit)" "$process active"
said 'bad.toml:1:1: .*intervall' >/dev/null
holds /v1/status '.config.last_error != null' >/dev/null
holds /v1/tokens '[.[].id] | sort == ["deploy", "vault"]' >/dev/null
rm /etc/tokenwatchd/conf.d/bad.toml
systemctl reload $unit
holds /v1/status '.config.last_error == null' >/dev/null

# --- secrets that only root can read
step "a secret comes by LoadCredential, and an encrypted one too"
install -d -m 0700 /root/secrets /etc/credstore.encrypted
install -m 0600 /dev/stdin /root/secrets/backup <<<system-secret-backup
systemd-creds setup >/dev/null 2>&1
systemd-creds encrypt --with-key=host --name=backup-encrypted /root/secrets/backup \
    /etc/credstore.encrypted/backup-encrypted 2>/dev/null
cat >/etc/tokenwatchd/conf.d/backup.toml <<'END'
[tokens.backup]
secret_credential = "backup"
base_url          = "https://localhost:18443"
[tokens.backup-encrypted]
secret_credential = "backup-encrypted"
base_url          = "https://localhost:18443"
END
with_settings credentials LoadCredential=backup:/root/secrets/backup \
    LoadCredentialEncrypted=backup-encrypted:/etc/credstore.encrypted/backup-encrypted
systemctl restart $unit
eventually holds /v1/tokens/backup '.last_outcome == "ok"'
eventually holds /v1/tokens/backup-encrypted '.last_outcome == "ok"'

# --- the sandbox
step "what the sandbox forbids is refused, as the service's user and as root"
install -d /home/alice /srv/another
install -m 0644 /dev/stdin /home/alice/diary <<<private
useradd another
install -m 0600 -o another /dev/stdin /srv/another/file <<<private
echo outside >/tmp/outside
mknod -m 666 /dev/outside c 1 5
python3 -c 'import ctypes; assert ctypes.CDLL(None).shmget(0x746f6b65, 4096, 0o1666) >= 0'
python=$(readlink -f /usr/bin/python3)
# The unit as it is with another program in it, and more lines: tries NAME [LINE…]
tries() {
    local name=$1
    shift
    {
        sed -e 's/^Type=.*/Type=oneshot/' -e '/^\(ExecReload\|Restart\|Watchdog\)/d' \
            -e '/^\(State\|Runtime\)Directory/d' -e '/^\[Install\]/,$d' \
            -e "s|%S/tokenwatchd|%S/deeds|" \
            -e "s|^ExecStart=.*|ExecStart=$python /test/promises.py /var/lib/deeds/$name|" \
            /usr/lib/systemd/system/$unit
        printf '%s\n' "ExecPaths=$python" StateDirectory=deeds \
            Environment=STATE_DIRECTORY=/var/lib/deeds StandardError=journal "$@"
    } >"/run/systemd/system/deeds-$name.service"
    systemctl daemon-reload
    systemctl start "deeds-$name.service"
    cp "/var/lib/deeds/$name" "/tmp/deeds-$name"
}
tries user
# Who the user is explains some of the refusals: without it the settings have to.
tries root User=root Group=root
mkdir -p /var/lib/deeds
STATE_DIRECTORY=/var/lib/deeds $python /test/promises.py /tmp/deeds-free
is "$(sed 's/:.*//' /tmp/deeds-user /tmp/deeds-root /tmp/deeds-free | sort | uniq -c | awk '$1 != 3')" ""
[ "$(wc -l </tmp/deeds-free)" -ge 40 ]
is "$(grep -v ': refused$' /tmp/deeds-user || true)" ""
# Root's own processes are not another's.
is "$(grep -v ': refused$' /tmp/deeds-root || true)" "see others' processes: done"
# A deed that nobody can do here would prove nothing.
is "$(grep -v ': done$' /tmp/deeds-free || true)" ""

# --- what happens to a service
step "a crash is survived, and nothing is said twice"
process=$(property MainPID)
is "$(raised)" 1
kill -KILL "$process"
eventually restarted "$process"
before=$(requests deploy)
tokenwatchd poll-now deploy >/dev/null
eventually asked_again "$before"
tokenwatchd test-notify ops >/dev/null
eventually holds /v1/status '.deliveries.waiting == 0'
is "$(raised)" 1

step "a daemon that hangs is started anew"
with_settings watchdog WatchdogSec=3s
systemctl restart $unit
process=$(property MainPID)
alive=$(property WatchdogTimestampMonotonic)
eventually said_alive "$alive"
is "$(property MainPID) $(property NRestarts)" "$process 0"
kill -STOP "$process"
eventually restarted "$process"
said 'Watchdog timeout' >/dev/null
eventually test -S $socket
is "$(raised)" 1
rm $drop_in/watchdog.conf
systemctl daemon-reload
systemctl restart $unit

step "a stop is clean"
process=$(property MainPID)
systemctl stop $unit
is "$(property Result) $(property ExecMainCode) $(property ExecMainStatus)" "success 1 0"
[ ! -e $socket ]
[ ! -e "/proc/$process" ]

step "with tokenwatchd.socket, who asks starts it, and the socket stays while it is started anew"
is "$(systemctl is-enabled tokenwatchd.socket || true)" disabled
systemctl start tokenwatchd.socket
is "$(mode $socket)" "660 root:tokenwatchd"
is "$(systemctl is-active $unit || true)" inactive
runuser -u member -- curl --silent --fail --unix-socket $socket http://tokenwatchd/v1/status >/dev/null
is "$(systemctl is-active $unit)" active
file=$(stat --format %i $socket)
systemctl restart $unit
is "$(stat --format %i $socket)" "$file"
ask /v1/status >/dev/null
systemctl stop $unit
is "$(stat --format %i $socket)" "$file"
systemctl stop tokenwatchd.socket
systemctl start $unit
is "$(mode $socket)" "660 tokenwatchd:tokenwatchd"

# --- other versions
step "an upgrade restarts it, and keeps state and configuration"
process=$(property MainPID)
events=$(ask /v1/events | jq length)
configuration=$(sha256sum /etc/tokenwatchd/tokenwatchd.toml)
install_package /test/next.deb >/dev/null
eventually restarted "$process"
is "$(sha256sum /etc/tokenwatchd/tokenwatchd.toml)" "$configuration"
is "$(mode /etc/tokenwatchd/tokenwatchd.toml)" "640 root:tokenwatchd"
eventually holds /v1/status '.deliveries.waiting == 0'
[ "$(ask /v1/events | jq length)" -ge "$events" ]
is "$(raised)" 1

step "removed, its state and configuration stay; installed again, it goes on"
apt-get remove --quiet --quiet --yes tokenwatchd >/dev/null
is "$(systemctl is-active $unit || true)" inactive
[ ! -e /usr/bin/tokenwatchd ]
[ -e /var/lib/tokenwatchd/state.db ]
is "$(sha256sum /etc/tokenwatchd/tokenwatchd.toml)" "$configuration"
install_package /test/tokenwatchd_*.deb >/dev/null
eventually holds /v1/tokens/deploy '.last_outcome == "ok"'
is "$(raised)" 1

step "purged, nothing is left but its user"
apt-get purge --quiet --quiet --yes tokenwatchd >/dev/null
systemctl daemon-reload
rm -r $drop_in
left=$(find / -path /test -prune -o -path /proc -prune -o -path /sys -prune -o \
    -name '*tokenwatch*' -print)
is "$left" ""
is "$(systemctl --failed --quiet --no-legend)" ""

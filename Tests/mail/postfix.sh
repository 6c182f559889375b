#!/bin/bash
# Starts a Postfix of its own, with all that it keeps in a folder: it takes mail for example.org without
# TLS, by TLS first and by STARTTLS, the last two after a login as ann. Needs root.
#
#   postfix.sh FOLDER PLAIN_PORT TLS_PORT STARTTLS_PORT
#
# later@example.org is put off, never@example.org is refused; everything else is in FOLDER/mail/all/new.
set -euo pipefail
dir=$1
mkdir -p "$dir"/{etc/sasl,spool,data,mail,sasl}
chmod 755 "$dir" "$dir"/{etc,spool,sasl}
chown postfix "$dir/data"
chown nobody "$dir/mail"
cat >"$dir/etc/main.cf" <<END
compatibility_level = 3.6
queue_directory = $dir/spool
data_directory = $dir/data
maillog_file = $dir/log
maillog_file_prefixes = $dir
myhostname = mx.example.org
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_base = $dir/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
virtual_minimum_uid = 1
smtpd_tls_cert_file = $dir/cert.pem
smtpd_tls_key_file = $dir/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_received_header = yes
smtpd_recipient_restrictions = check_recipient_access inline:{ {later@example.org = 450 4.2.1 busy}, {never@example.org = 550 5.1.1 unknown} }, permit_mynetworks, permit_sasl_authenticated, reject
mynetworks =
smtpd_relay_restrictions =
END
cat >"$dir/etc/master.cf" <<END
127.0.0.1:$2 inet n - n - - smtpd
  -o smtpd_tls_security_level=none
  -o mynetworks=127.0.0.0/8
127.0.0.1:$3 inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
127.0.0.1:$4 inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
proxymap unix - - n - - proxymap
END
cat >"$dir/etc/sasl/smtpd.conf" <<END
pwcheck_method: auxprop
auxprop_plugin: sasldb
mech_list: PLAIN LOGIN
sasldb_path: $dir/sasl/db
END
echo s3cret-pw | saslpasswd2 -p -c -f "$dir/sasl/db" -u mx.example.org ann
chown postfix "$dir/sasl/db"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/key.pem" -out "$dir/cert.pem" -days 3650 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
postfix -c "$dir/etc" start

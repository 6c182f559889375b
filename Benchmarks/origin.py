"""A provider on the loopback interface: nginx with VPS.org's documented answer."""

import datetime
import pathlib
import socket
import subprocess
import time
import urllib.request

ANSWER = """{
  "account": {
    "email": "john@example.com",
    "first_name": "John",
    "last_name": "Doe",
    "company_name": "Acme Inc.",
    "created_at": "2024-06-15"
  },
  "token": {
    "name": "Production Deploy Key $number",
    "permissions": ["servers:list", "servers:create", "servers:power", "dns:*"],
    "created_at": "2025-01-10T14:30:00Z",
    "last_used_at": "$time_iso8601",
    "expires_at": "EXPIRES",
    "is_expired": false
  }
}"""

# The answers of two tokens differ in the name, which follows the secret, as the real ones do.
CONFIGURATION = """
daemon off;
master_process off;
pid DIRECTORY/nginx.pid;
error_log DIRECTORY/nginx.log;
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 100000000;
    keepalive_timeout 1h;
    client_body_temp_path DIRECTORY/nginx-body;
    proxy_temp_path DIRECTORY/nginx-proxy;
    fastcgi_temp_path DIRECTORY/nginx-fastcgi;
    uwsgi_temp_path DIRECTORY/nginx-uwsgi;
    scgi_temp_path DIRECTORY/nginx-scgi;
    log_format arrival $msec;
    map $http_authorization $number { default ""; "~^Bearer vps_(?<digits>[0-9]+)_" $digits; }
    server {
        LISTEN
        ssl_protocols TLSv1.3;
        ssl_certificate DIRECTORY/ca.pem;
        ssl_certificate_key DIRECTORY/ca.key;
        location = /api/v1/account/me/ {
            default_type application/json;FAULTS
            return 200 'ANSWER';
        }
        location = /hook { access_log DIRECTORY/hook.log arrival; return 204; }
        location = /connections { stub_status; }
    }
}
"""


# What follows the address and port of each socket in nginx's configuration.
SOCKETS = {"http": "", "HTTP/1.1": " ssl", "HTTP/2": " ssl http2"}


def secret(number):
    """The secret of a token by its number: as long as real ones are."""
    return f"vps_{number:06}_3f9a1c07e5b24d688f0d"


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Origin:
    def __init__(self, directory: pathlib.Path, faults="", hosts=1, days=300):
        """`faults` is text for nginx: what it does before it answers as documented.

        It listens on `hosts` addresses; tokens expire after `days`.
        """
        directory.mkdir()
        self.directory = directory
        self.addresses = [f"127.0.0.{number + 1}" for number in range(hosts)]
        self.ca_file = directory / "ca.pem"
        names = ",".join(f"IP:{address}" for address in self.addresses)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            + ["-nodes", "-keyout", directory / "ca.key", "-out", self.ca_file, "-days", "2"]
            + ["-subj", "/CN=bench", "-addext", f"subjectAltName={names}"],
            check=True,
            capture_output=True,
        )
        self.ports = dict(zip(SOCKETS, free_ports(len(SOCKETS))))
        self.http, self.https = self.urls("http")[0], self.urls("HTTP/2")[0]
        expiry = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
        text = CONFIGURATION.replace("FAULTS", faults).replace("ANSWER", ANSWER)
        for name, value in {
            "EXPIRES": expiry.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "DIRECTORY": str(directory),
            "LISTEN": "\n        ".join(
                f"listen {address}:{self.ports[kind]}{options};"
                for address in self.addresses
                for kind, options in SOCKETS.items()
            ),
        }.items():
            text = text.replace(name, value)
        path = directory / "nginx.conf"
        path.write_text(text)
        log = directory / "nginx.log"
        self.process = subprocess.Popen(
            ["nginx", "-c", path, "-e", log], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for port in self.ports.values():
            await_port(port, self.process, log)

    def urls(self, kind, port=None):
        """The address of each host; `port` is another one than its own."""
        scheme = "http" if kind == "http" else "https"
        return [f"{scheme}://{address}:{port or self.ports[kind]}" for address in self.addresses]

    def connections(self):
        """How many it has accepted, without this one."""
        answer = urllib.request.urlopen(f"{self.http}/connections").read().decode()
        return int(answer.splitlines()[2].split()[0]) - 1

    def arrivals(self):
        """When each request for /hook came, in seconds since 1970."""
        return [float(line) for line in (self.directory / "hook.log").read_text().splitlines()]

    def stop(self):
        self.process.kill()
        self.process.wait()


def await_port(port, process, log):
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.02)
    raise RuntimeError(f"a program does not listen: {log.read_text()[-500:]}")

"""A provider on the loopback interface: nginx with VPS.org's documented answer."""

import datetime
import pathlib
import signal
import socket
import subprocess
import time

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
    map $http_authorization $number { default ""; "~^Bearer vps_(?<digits>[0-9]+)_" $digits; }
    server {
        listen 127.0.0.1:HTTP_PORT;
        listen 127.0.0.1:TLS_PORT ssl http2;
        ssl_certificate DIRECTORY/ca.pem;
        ssl_certificate_key DIRECTORY/ca.key;
        location = /api/v1/account/me/ {
            default_type application/json;FAULTS
            return 200 'ANSWER';
        }
    }
}
"""


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
    def __init__(self, directory: pathlib.Path, faults=""):
        """`faults` is text for nginx: what it does before it answers as documented."""
        self.ca_file = directory / "ca.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            + ["-nodes", "-keyout", directory / "ca.key", "-out", self.ca_file, "-days", "2"]
            + ["-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1"],
            check=True,
            capture_output=True,
        )
        http, tls = free_ports(2)
        self.http, self.https = f"http://127.0.0.1:{http}", f"https://127.0.0.1:{tls}"
        expiry = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=300)
        text = CONFIGURATION.replace("FAULTS", faults).replace("ANSWER", ANSWER)
        for name, value in {
            "EXPIRES": expiry.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "DIRECTORY": str(directory),
            "HTTP_PORT": str(http),
            "TLS_PORT": str(tls),
        }.items():
            text = text.replace(name, value)
        path = directory / "nginx.conf"
        path.write_text(text)
        log = directory / "nginx.log"
        self.process = subprocess.Popen(
            ["nginx", "-c", path, "-e", log], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for port in (http, tls):
            self.await_port(port, log)

    def await_port(self, port, log):
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.02)
        raise RuntimeError(f"nginx does not run: {log.read_text()[-500:]}")

    def stop(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

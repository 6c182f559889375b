#!/usr/bin/env -S python3 -B
"""Measures one inventory with many rows: memory, CPU, time, and pauses for others.

The provider is a Python server on the loopback interface with 1,000 rows a page.
"""

import http.server
import json
import threading
import time

import workplace
from clients import Client, longest_of
from tables import head, row

PATHS = ("/v1/status", "/healthz")
PAGE_ROWS = 1000


class Provider(http.server.ThreadingHTTPServer):
    """Lists tokens in pages that are made beforehand."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = [b"[]"]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def fill(self, numbers):
        rows = [
            {
                "id": number,
                "name": f"ci-{number}",
                "scopes": ["read_api", "read_repository"],
                "created_at": "2026-01-01T00:00:00Z",
                "last_used_at": "2026-11-01T00:00:00Z",
                # Years ahead, and not two alike.
                "expires_at": f"20{40 + number % 50}-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z",
            }
            for number in numbers
        ]
        parts = [rows[start : start + PAGE_ROWS] for start in range(0, len(rows), PAGE_ROWS)]
        self.pages = [json.dumps(part).encode() for part in parts] + [b"[]"]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        _, _, page = self.path.partition("?page=")
        body = self.server.pages[int(page or 1) - 1]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def configuration(provider):
    return f"""
        [policy]
        confirm_after = "0s"
        [providers.lister]
        base = "https://lister.example"
        url = "{{base}}/tokens"
        headers = {{ Authorization = "Bearer {{secret}}" }}
        list.rows = ""
        list.id = "/id"
        list.next = {{ page = "page" }}
        list.fields.name = "/name"
        list.fields.expires = "/expires_at"
        list.fields.last_used = "/last_used_at"
        list.fields.created = "/created_at"
        list.fields.permissions = "/scopes"
        [inventories.big]
        provider = "lister"
        base_url = "http://127.0.0.1:{provider.server_port}"
        secret = "admin-secret-1"
        """


def count(daemon):
    return sum(daemon.ask("GET", "/v1/status")["tokens"].values()) - 1


def read_list(what, daemon, goal, wants=lambda: True):
    """Reads the list; prints the time until its tokens are watched and the daemon is idle."""
    done = daemon.polls()["done"]
    daemon.forget_peak()
    clients = [Client(daemon.socket, path) for path in PATHS]
    begin, cpu = time.monotonic(), daemon.cpu_seconds()
    daemon.ask("POST", "/v1/poll")
    while daemon.polls()["done"] == done or count(daemon) != goal or not wants():
        if time.monotonic() - begin > 600:
            raise RuntimeError(f"{what}: {count(daemon)} of {goal} tokens after 10 min")
        time.sleep(0.05)
    took = time.monotonic() - begin
    pauses = [f"{pause:.0f} ms" for pause in longest_of(clients)]
    daemon.settle()
    cpu = daemon.cpu_seconds() - cpu
    rss = daemon.memory()[0] / 1024
    row(what, f"{took:.1f} s", f"{cpu:.1f} s", f"{rss:.1f} MiB", f"{daemon.peak_mib():.1f} MiB", *pauses)
    return rss


def knows(daemon, number):
    try:
        daemon.fetch("GET", f"/v1/tokens/big%2F{number}")
        return True
    except RuntimeError:
        return False


def measure(place, rows):
    provider = Provider()
    daemon = place.daemon("daemon", 0, [], extra=configuration(provider))
    daemon.configuration.chmod(0o600)
    daemon.start()
    daemon.await_polls(1)
    daemon.settle()
    empty = daemon.memory()[0] / 1024
    head("what", "time", "CPU", "RSS", "peak", *(f"`{path}`" for path in PATHS))
    row("an empty list", "", "", f"{empty:.1f} MiB", "", "", "")
    provider.fill(range(rows))
    full = read_list("the first list", daemon, rows)
    read_list("the same again", daemon, rows)
    provider.fill(range(1000, rows + 1000))
    read_list("1,000 gone, 1,000 new", daemon, rows, lambda: knows(daemon, rows + 999))
    provider.fill(range(2000, rows + 1000))
    read_list("1,000 gone", daemon, rows - 1000)
    begin = time.monotonic()
    daemon.fetch("GET", "/v1/tokens")
    print(f"\n/v1/tokens: {time.monotonic() - begin:.2f} s", flush=True)
    print(f"memory for each token: {(full - empty) * 1024 / rows:.2f} KiB", flush=True)
    daemon.stop()
    print(f"ready again after {daemon.start():.2f} s, peak {daemon.peak_mib():.1f} MiB")
    print(f"database, bytes for each token: {daemon.database_bytes() / rows:,.0f}")


if __name__ == "__main__":
    workplace.run(__doc__, measure, {}, rows=50_000)

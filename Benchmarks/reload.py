#!/usr/bin/env -S python3 -B
"""Measures what a reload with many tokens does to everybody else.

While the daemon reloads, one client each requests /v1/status, /healthz and one token all the time. Prints the
longest answer of each, how long the reload takes, and the peak of the memory.
"""

import time

import workplace
from clients import Client, longest_of
from tables import head, row

PATHS = ("/v1/status", "/healthz", "/v1/tokens/t000001")
POLICY = '[policy]\nwarn_before = ["20d", "2d"]\ncritical_before = "2d"\n'


def without_some(text, count):
    """The configuration without the first tokens."""
    place = text.find("[tokens.")
    end = text.find(f"[tokens.t{count:06}]")
    return text[:place] + text[end:]


def reload(what, daemon, seconds):
    clients = [Client(daemon.socket, path) for path in PATHS]
    time.sleep(0.5)
    begin = time.monotonic()
    daemon.ask("POST", "/v1/reload")
    took = time.monotonic() - begin
    # Secrets are compared after the answer.
    time.sleep(seconds)
    pauses = [f"{pause:.0f} ms" for pause in longest_of(clients)]
    row(what, f"{took:.1f} s", *pauses, f"{daemon.peak_mib():.0f} MiB")


def measure(place, tokens):
    provider = place.origin()
    daemon = place.daemon("daemon", tokens, [provider.http])
    print(f"ready after {daemon.start():.2f} s, peak {daemon.peak_mib():.1f} MiB", flush=True)
    daemon.await_polls(tokens)
    daemon.settle()
    print(f"{tokens:,} tokens, all polled: {daemon.memory()[0] / 1024:.1f} MiB\n", flush=True)
    text = daemon.configuration.read_text()
    daemon.forget_peak()
    head("reload", "time", *(f"`{path}`" for path in PATHS), "peak of the memory")
    for what, content in (
        ("unchanged, the first", text),
        ("unchanged, the second", text),
        ("1,000 fewer", without_some(text, 1000)),
        ("1,000 more", text),
        ("a new policy", text + POLICY),
    ):
        daemon.configuration.write_text(content)
        reload(what, daemon, 3)
    print(f"\n{daemon.memory()[0] / 1024:.1f} MiB at the end", flush=True)
    daemon.stop()
    print(f"ready again after {daemon.start():.2f} s, peak {daemon.peak_mib():.1f} MiB")


if __name__ == "__main__":
    programs = {"nginx": "nginx-light", "openssl": "openssl"}
    workplace.run(__doc__, measure, programs, tokens=100_000)

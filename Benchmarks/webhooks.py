#!/usr/bin/env -S python3 -B
"""Measures how fast notifications leave: every token raises an alert, and its receiver is stopped until then.

The receiver is nginx, which answers 204 and logs when each request came. Prints events and requests for a webhook
of a program (one event each) and of a chat (digests).
"""

import signal
import time

import workplace
from tables import head, row


# A program's format, and a chat's; by its default of 10 s the chat would wait for more.
FORMATS = {"json": "", "slack": 'group_wait = "1s"\n'}


def channel(receiver, format):
    text = f'[channels.hook]\ntype = "webhook"\nurl = "{receiver.http}/hook"\nformat = "{format}"\n'
    return text + FORMATS[format]


def deliver(place, provider, format, tokens):
    receiver = place.origin(f"receiver-{format}")
    daemon = place.daemon(format, tokens, [provider.http], extra=channel(receiver, format))
    receiver.process.send_signal(signal.SIGSTOP)
    daemon.start()
    daemon.await_polls(tokens)
    daemon.settle()
    pending = daemon.ask("GET", "/v1/status")["deliveries"]["waiting"]
    cpu, begin = daemon.cpu_seconds(), time.time()
    receiver.process.send_signal(signal.SIGCONT)
    until = time.monotonic() + 600
    while daemon.ask("GET", "/v1/status")["deliveries"]["waiting"]:
        if time.monotonic() > until:
            raise RuntimeError(f"{format}: notifications are pending after 10 min")
        time.sleep(0.1)
    daemon.settle()
    cpu = daemon.cpu_seconds() - cpu
    arrivals = receiver.arrivals()
    took = arrivals[-1] - begin
    row(
        format,
        f"{pending:,}",
        f"{len(arrivals):,}",
        f"{took:.2f} s",
        f"{pending / took:,.0f}",
        f"{cpu / pending * 1e6:.0f} µs",
        f"{cpu / len(arrivals) * 1e6:,.0f} µs",
    )
    daemon.stop()
    receiver.stop()


def measure(place, tokens):
    provider = place.origin(days=5)
    head("format", "events", "requests", "time", "events per second", "CPU per event", "CPU per request")
    for format in FORMATS:
        deliver(place, provider, format, tokens)


if __name__ == "__main__":
    programs = {"nginx": "nginx-light", "openssl": "openssl"}
    workplace.run(__doc__, measure, programs, tokens=10_000)

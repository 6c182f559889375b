"""Measures pauses and memory of a reload; see reload.sh."""

import argparse
import pathlib
import shutil
import tempfile
import threading
import time

from daemon import Daemon, StatusConnection
import origin

PATHS = ("/v1/status", "/healthz", "/v1/tokens/t000001")


class Client(threading.Thread):
    """Asks for one path all the time, over one connection."""

    def __init__(self, socket, path):
        super().__init__(daemon=True)
        self.connection, self.path = StatusConnection(socket), path
        self.times = []
        self.stops = False
        self.start()

    def run(self):
        while not self.stops:
            begin = time.monotonic()
            self.connection.request("GET", self.path)
            self.connection.getresponse().read()
            self.times.append(time.monotonic() - begin)
            time.sleep(0.002)

    def end(self):
        self.stops = True
        self.join()
        return max(self.times) * 1000


def peak_mib(daemon):
    for line in pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the kernel shows no VmHWM")


def forget_peak(daemon):
    pathlib.Path(f"/proc/{daemon.process.pid}/clear_refs").write_text("5")


def without_some(text, count):
    """The configuration without the first tokens."""
    place = text.find("[tokens.")
    end = text.find(f"[tokens.t{count:06}]")
    return text[:place] + text[end:]


def measure(what, daemon, seconds):
    clients = [Client(daemon.socket, path) for path in PATHS]
    time.sleep(0.5)
    begin = time.monotonic()
    daemon.ask("POST", "/v1/reload")
    took = time.monotonic() - begin
    # Secrets are compared after the answer.
    time.sleep(seconds)
    worst = [client.end() for client in clients]
    shown = "  ".join(f"{path} {pause:7.1f} ms" for path, pause in zip(PATHS, worst))
    print(f"{what:12} {took:6.2f} s   {shown}   peak {peak_mib(daemon):6.1f} MiB", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", nargs="?", default="dist/tokenwatchd")
    parser.add_argument("tokens", nargs="?", type=int, default=100_000)
    arguments = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="tokenwatch-reload-"))
    provider = daemon = None
    try:
        provider = origin.Origin(directory)
        binary = pathlib.Path(arguments.binary).absolute()
        daemon = Daemon(binary, directory / "daemon", arguments.tokens, provider.http)
        print(f"ready after {daemon.start():.2f} s, peak {peak_mib(daemon):.1f} MiB", flush=True)
        daemon.await_polls(arguments.tokens, patience=600)
        daemon.settle()
        rss = daemon.memory()[0] / 1024
        print(f"{arguments.tokens:,} tokens, all polled: {rss:.1f} MiB", flush=True)
        text = daemon.configuration.read_text()
        forget_peak(daemon)
        for what, content in (
            ("unchanged", text),
            ("unchanged", text),
            ("1,000 fewer", without_some(text, 1000)),
            ("1,000 more", text),
            ("new policy", text + '[policy]\nwarn_before = ["20d", "2d"]\ncritical_before = "2d"\n'),
        ):
            daemon.configuration.write_text(content)
            measure(what, daemon, 3)
        print(f"{daemon.memory()[0] / 1024:.1f} MiB at the end", flush=True)
        daemon.stop()
        ready = daemon.start()
        print(f"ready again after {ready:.2f} s, peak {peak_mib(daemon):.1f} MiB", flush=True)
    finally:
        if daemon:
            daemon.stop()
        if provider:
            provider.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()

"""One tokenwatchd under measurement: its configuration, its status socket, its figures in /proc."""

import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import origin


class StatusConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("tokenwatchd", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


def write_secrets(directory: pathlib.Path, count):
    directory.mkdir(mode=0o700, exist_ok=True)
    for number in range(count):
        path = directory / f"t{number:06}"
        if not path.exists():
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(origin.secret(number) + "\n")


class Daemon:
    """Nothing is due but what is asked for: the interval is 30 days."""

    def __init__(self, binary, directory: pathlib.Path, tokens, urls, ca_file=None, extra=""):
        """`urls` are used in turn, one for each token; `extra` is more of the configuration."""
        self.binary, self.directory, self.tokens = binary, directory, tokens
        directory.mkdir(exist_ok=True)
        self.socket = str(directory / "status.sock")
        self.configuration = directory / "tokenwatchd.toml"
        write_secrets(directory.parent / "secrets", tokens)
        (self.port,) = origin.free_ports(1)
        ca_line = f'ca_file = "{ca_file}"\n' if ca_file else ""
        text = [
            f'[daemon]\nname = "bench"\nstate_dir = "{directory}/state"\nsocket = "{self.socket}"\n'
            f'listen = "127.0.0.1:{self.port}"\n',
            '[polling]\ninterval = "30d"\nconcurrency = 32\nper_host = 32\n' + ca_line,
            extra,
        ]
        for number in range(tokens):
            text.append(
                f'[tokens.t{number:06}]\nbase_url = "{urls[number % len(urls)]}"\n'
                f'secret_file = "{directory.parent}/secrets/t{number:06}"\n'
            )
        self.configuration.write_text("".join(text))
        self.process = None

    def start(self):
        """Starts it; returns the seconds from exec to READY."""
        path = str(self.directory / "notify.sock")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(30)
            begin = time.monotonic()
            self.process = subprocess.Popen(
                [self.binary, "run", "--config", self.configuration],
                env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": path},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=open(self.directory / "log", "a"),
            )
            try:
                while b"READY=1" not in notify.recv(4096):
                    pass
            except TimeoutError:
                self.stop()
                log = (self.directory / "log").read_text()[-500:]
                raise RuntimeError(f"the daemon is not ready within 30 s: {log}") from None
            finally:
                os.unlink(path)
            return time.monotonic() - begin

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    # What it says

    def ask(self, method, path):
        return json.loads(self.fetch(method, path))

    def fetch(self, method, path):
        connection = StatusConnection(self.socket)
        if path == "/":
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {body[:200]}")
        return body

    def polls(self):
        return self.ask("GET", "/v1/status")["polls"]

    def await_polls(self, count, patience=600):
        until = time.monotonic() + patience
        while self.polls()["done"] < count:
            if time.monotonic() > until:
                raise RuntimeError(f"{count} polls were not done within {patience} s")
            time.sleep(0.02)
        failed = self.polls()["failed"]
        if failed:
            errors = {token["last_error"] for token in self.ask("GET", "/v1/tokens")}
            raise RuntimeError(f"{failed} polls failed: {errors}")

    def sweep(self):
        """Polls every token; returns the seconds until the last answer was evaluated."""
        goal = self.polls()["done"] + self.tokens
        begin = time.monotonic()
        self.ask("POST", "/v1/poll")
        self.await_polls(goal)
        return time.monotonic() - begin

    # What it takes

    def cpu_seconds(self):
        # The clock of another process (clock_getcpuclockid(3)): utime + stime, in nanoseconds.
        return time.clock_gettime(~self.process.pid << 3 | 2)

    def settle(self):
        """Waits until it does nothing: what a sweep left to be written is written."""
        last = self.cpu_seconds()
        for _ in range(100):
            time.sleep(0.25)
            now = self.cpu_seconds()
            if now == last:
                return
            last = now

    def memory(self):
        """KiB resident: all, anonymous, of files."""
        return [self.kib(name) for name in ("VmRSS", "RssAnon", "RssFile")]

    def kib(self, name):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise RuntimeError(f"the kernel shows no {name}")

    def peak_mib(self):
        return self.kib("VmHWM") / 1024

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def context_switches(self):
        """Switches so far of every thread, by its id."""
        switches = {}
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            for line in (task / "status").read_text().splitlines():
                if "ctxt_switches" in line:
                    switches[task.name] = switches.get(task.name, 0) + int(line.split()[1])
        return switches

    def database_bytes(self):
        return sum(path.stat().st_size for path in (self.directory / "state").glob("*.db*"))

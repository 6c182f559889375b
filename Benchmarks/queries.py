"""How long a person at a terminal, a program and a scrape wait for one daemon."""

import fcntl
import os
import pty
import resource
import statistics
import struct
import subprocess
import termios
import threading
import time


def on_terminal(command):
    """Runs a command on a terminal of 24 lines and 80 columns; returns its exit status."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, env=dict(os.environ, PAGER="")
    )
    os.close(theirs)
    try:
        while os.read(ours, 65536):
            pass
    except OSError:
        pass  # The last program has left the terminal.
    os.close(ours)
    return process.wait()


def add_median(table, what, daemon, action, bar):
    """Adds the median of three times, and the CPU that the daemon and a command took for it."""
    times, cpu = [], []
    for _ in range(3):
        begin, before = time.monotonic(), cpu_of_all(daemon)
        action()
        times.append((time.monotonic() - begin) * 1000)
        cpu.append((cpu_of_all(daemon) - before) * 1000)
    what = f"{what}, {daemon.tokens:,} tokens ({statistics.median(cpu):,.0f} ms of CPU)"
    table.add(what, statistics.median(times), "ms", bar)


def cpu_of_all(daemon):
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return daemon.cpu_seconds() + ended.ru_utime + ended.ru_stime


def must_succeed(status, words):
    # 1 and 2 are verdicts of `check`.
    if status > 2:
        raise RuntimeError(f"{words} ends with {status}")


def measure_commands(table, daemon):
    """What a person waits for, and what a scrape does."""
    bar = 100 if daemon.tokens <= 10_000 else 1000

    def command(*words):
        return [daemon.binary, *words, "--socket", daemon.socket]

    def run(*words):
        must_succeed(subprocess.run(command(*words), capture_output=True).returncode, words)

    def show():
        must_succeed(on_terminal(command("status")), "status on a terminal")

    for words in (["status"], ["status", "--problems"], ["check"]):
        add_median(table, f"`{' '.join(words)}` in a pipe", daemon, lambda: run(*words), bar)
    add_median(table, "`status` on a terminal", daemon, show, bar)
    for path in ("/v1/tokens", "/metrics", "/"):
        add_median(table, f"`GET {path}`", daemon, lambda: daemon.fetch("GET", path), 1000)


def measure_latency(table, daemon):
    """Status queries while the daemon sweeps, each on a connection of its own."""
    problems, stop = [], threading.Event()

    def sweeps():
        try:
            while not stop.is_set():
                daemon.sweep()
        except Exception as error:
            problems.append(error)

    thread = threading.Thread(target=sweeps)
    thread.start()
    times = {"/v1/status": [], f"/v1/tokens/t{daemon.tokens // 2:06}": []}
    end = time.monotonic() + 6
    while time.monotonic() < end:
        for path, taken in times.items():
            begin = time.monotonic()
            daemon.ask("GET", path)
            taken.append((time.monotonic() - begin) * 1000)
            time.sleep(0.002)
    stop.set()
    thread.join()
    if problems:
        raise problems[0]
    for path, taken in times.items():
        p50, p99 = statistics.median(taken), statistics.quantiles(taken, n=100)[98]
        name = "/v1/status" if path == "/v1/status" else "/v1/tokens/ID"
        what = f"`GET {name}` while sweeping {daemon.tokens:,}"
        table.add(f"{what}, p50", p50, "ms")
        table.add(f"{what}, p99 of {len(taken)}", p99, "ms", 5)

"""How long a person at a terminal, a program and a scrape wait for one daemon."""

import fcntl
import os
import pty
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


def median_ms(action):
    """The median of three times."""
    times = []
    for _ in range(3):
        begin = time.monotonic()
        action()
        times.append((time.monotonic() - begin) * 1000)
    return statistics.median(times)


def must_succeed(status, words):
    # 1 and 2 are verdicts of `check`.
    if status > 2:
        raise RuntimeError(f"{words} ends with {status}")


def measure_commands(table, daemon):
    """What a person waits for, and what a scrape does."""
    bar = 100 if daemon.tokens <= 10_000 else 1000

    def command(*words):
        return [daemon.binary, *words, "--socket", daemon.socket]

    for words in (["status"], ["status", "--problems"], ["check"]):
        took = median_ms(
            lambda: must_succeed(subprocess.run(command(*words), capture_output=True).returncode, words)
        )
        table.add(f"`{' '.join(words)}` in a pipe, {daemon.tokens:,} tokens", took, "ms", bar)
    took = median_ms(lambda: must_succeed(on_terminal(command("status")), "status on a terminal"))
    table.add(f"`status` on a terminal, {daemon.tokens:,} tokens", took, "ms", bar)
    for path in ("/v1/tokens", "/metrics", "/"):
        took = median_ms(lambda: daemon.fetch("GET", path))
        table.add(f"`GET {path}`, {daemon.tokens:,} tokens", took, "ms", 1000)


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

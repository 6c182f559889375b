"""What every measurement begins with: its arguments, its programs, and a directory that is removed."""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec

from daemon import Daemon
from origin import Origin


class Workplace:
    """Starts providers and daemons in one directory, and stops them at the end."""

    def __init__(self, binary: pathlib.Path, directory: pathlib.Path):
        self.binary, self.directory = binary, directory
        self.running = []

    def origin(self, name="provider", **options):
        self.running.append(Origin(self.directory / name, **options))
        return self.running[-1]

    def daemon(self, name, tokens, urls, **options):
        self.running.append(Daemon(self.binary, self.directory / name, tokens, urls, **options))
        return self.running[-1]

    def polled(self, name, tokens, urls, **options):
        """A daemon that has polled every token once, and is idle."""
        daemon = self.daemon(name, tokens, urls, **options)
        daemon.start()
        daemon.await_polls(tokens)
        daemon.settle()
        return daemon

    def close(self):
        for each in reversed(self.running):
            each.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def run(description, measure, programs, modules=None, flags=(), **numbers):
    """Calls `measure` with a workplace and what the command line sets.

    `programs` and Python's `modules` map names to packages in Debian; `flags` are names of options; `numbers`
    are positional arguments after the binary, with their defaults.
    """
    os.environ["PATH"] += ":/usr/sbin"
    name = pathlib.Path(sys.argv[0]).stem
    default = pathlib.Path(__file__).resolve().parent.parent / "dist" / "tokenwatchd"
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("binary", nargs="?", default=default, type=pathlib.Path)
    for flag in flags:
        parser.add_argument(f"--{flag}", action="store_true")
    for number, value in numbers.items():
        parser.add_argument(number, nargs="?", default=value, type=int, help=f"default: {value:,}")
    options = vars(parser.parse_args())
    binary = options.pop("binary").resolve()
    if not os.access(binary, os.X_OK):
        sys.exit(f"{name}: {binary} is missing; run: make release")
    missing = [package for program, package in programs.items() if not shutil.which(program)]
    missing += [package for module, package in (modules or {}).items() if not find_spec(module)]
    if missing:
        sys.exit(f"{name}: programs are missing; on Debian: apt-get install {' '.join(missing)}")
    place = Workplace(binary, pathlib.Path(tempfile.mkdtemp(prefix=f"tokenwatchd-{name}.")))
    # SIGTERM ends the daemons and providers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(f"{name}: terminated"))
    begin = time.monotonic()
    try:
        measure(place, **options)
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{name}: {error}")
    finally:
        place.close()
    print(f"\n{time.monotonic() - begin:.0f} s on {os.cpu_count()} cores")

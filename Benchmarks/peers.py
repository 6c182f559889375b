"""CPU per request of programs that ask the same server the same, to compare with a poll's."""

import resource
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import origin

PATH = "/api/v1/account/me/"
# The loop of the provider's documentation: a request with a token, the answer parsed.
REQUESTS_LOOP = """
import sys, requests
for _ in range(int(sys.argv[2])):
    answer = requests.get(sys.argv[1], headers={"Authorization": sys.argv[3]}, timeout=15)
    answer.raise_for_status(); answer.json()
"""
BLACKBOX = """
modules:
  token:
    prober: http
    timeout: 15s
    http: {headers: {Authorization: "AUTHORIZATION"}, fail_if_body_not_matches_regexp: ["is_expired"]}
"""


def authorization():
    return f"Bearer {origin.secret(0)}"


def cpu_of_children(command, **options):
    """CPU seconds of a program and its children, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(command, check=True, capture_output=True, text=True, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, result.stdout


def curl(directory, url, count):
    """What `curl --parallel` takes for one request, of many over 32 connections."""
    urls = directory / f"urls-{count}"
    urls.write_text(f'url = "{url}{PATH}"\noutput = "/dev/null"\n' * count)
    seconds, _ = cpu_of_children(
        ["curl", "-q", "--silent", "--fail", "--parallel", "--parallel-max", "32"]
        + ["--header", f"Authorization: {authorization()}", "--config", urls]
    )
    return seconds / count


def wrk(directory, url, seconds=4):
    """What wrk, a load generator in C, takes for one request over 32 kept connections."""
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "-H", f"Authorization: {authorization()}"]
    cpu, text = cpu_of_children(command + [url + PATH])
    count = next(int(line.split()[0]) for line in text.splitlines() if "requests in" in line)
    return cpu / count


def requests_loop(directory, url, count=400):
    """What one turn of the loop takes in Python."""
    command = [sys.executable, "-c", REQUESTS_LOOP, url + PATH]
    start, _ = cpu_of_children(command + ["1", authorization()])
    cpu, _ = cpu_of_children(command + [str(count + 1), authorization()])
    return (cpu - start) / count


def blackbox(directory, url, count=1000):
    """What blackbox_exporter takes for one probe, with the scrape that asks for it."""
    program = shutil.which("prometheus-blackbox-exporter")
    configuration = directory / "blackbox.yml"
    configuration.write_text(BLACKBOX.replace("AUTHORIZATION", authorization()))
    (port,) = origin.free_ports(1)
    process = subprocess.Popen(
        [program, f"--config.file={configuration}", f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        query = urllib.parse.urlencode({"module": "token", "target": url + PATH})
        probe = f"http://127.0.0.1:{port}/probe?{query}"
        await_success(probe)
        clock = ~process.pid << 3 | 2
        before = time.clock_gettime(clock)
        for _ in range(count):
            urllib.request.urlopen(probe).read()
        return (time.clock_gettime(clock) - before) / count
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def await_success(probe):
    for _ in range(100):
        try:
            text = urllib.request.urlopen(probe).read().decode()
        except OSError:
            time.sleep(0.05)
            continue
        if "probe_success 1" in text:
            return
        raise RuntimeError(f"blackbox_exporter's probe fails: {text[-500:]}")
    raise RuntimeError("blackbox_exporter does not start")

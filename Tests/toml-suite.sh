#!/usr/bin/env bash
# Runs the built toml-decoder over a copy of the toml-test suite (github.com/toml-lang/toml-test).
#
#   Tests/toml-suite.sh DIR [DECODER]
#
# DIR holds valid/ and invalid/. If it also holds files-toml-1.1.0, that list decides which files
# count; without it all do. Then every valid document of files-toml-1.0.0 has to be read too. Prints every
# failure and the counts; exits 1 if anything failed.
set -euo pipefail

[ $# -ge 1 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 64; }
here=$(cd "$(dirname "$0")/.." && pwd)
exec python3 - "$1" "${2:-$here/.build/debug/toml-decoder}" <<'PYTHON'
import json, math, pathlib, re, subprocess, sys

root, decoder = pathlib.Path(sys.argv[1]), sys.argv[2]
listed = root / "files-toml-1.1.0"
if listed.exists():
    names = [name for name in listed.read_text().split() if name.endswith(".toml")]
    older = root / "files-toml-1.0.0"
    for name in older.read_text().split() if older.exists() else []:
        if name.startswith("valid/") and name.endswith(".toml") and name not in names:
            names.append(name)
else:
    names = sorted(str(path.relative_to(root)) for path in root.glob("*/**/*.toml"))


def moment(text):
    """A date or time without the freedom that RFC 3339 leaves in writing it."""
    text = text.upper().replace(" ", "T")
    text = re.sub(r"[+-]00:00$", "Z", text)
    return re.sub(r"(\.\d*?)0+(?=\D|$)", r"\1", text).replace(".Z", "Z").rstrip(".")


def same(expected, actual):
    if type(expected) is not type(actual):
        return False
    if isinstance(expected, list):
        return len(expected) == len(actual) and all(map(same, expected, actual))
    if set(expected) != set(actual):
        return False
    if set(expected) != {"type", "value"} or not isinstance(expected["value"], str):
        return all(same(expected[key], actual[key]) for key in expected)
    kind, left, right = expected["type"], expected["value"], actual["value"]
    if kind != actual["type"]:
        return False
    if kind == "float":
        left, right = float(left), float(right)
        return left == right or math.isnan(left) and math.isnan(right)
    if "date" in kind or "time" in kind:
        return moment(left) == moment(right)
    return left == right


def failure(name):
    """What is wrong with the decoder's answer to a file, None if nothing."""
    path = root / name
    with open(path, "rb") as document:
        run = subprocess.run([decoder], stdin=document, capture_output=True, timeout=60)
    if name.startswith("invalid/"):
        if run.returncode != 1:
            return f"exit {run.returncode} for an invalid document"
        lines = run.stderr.decode().splitlines()
        if not lines or not all(re.match(r"\d+:\d+: .", line) for line in lines):
            return f"not errors: {lines}"
        return None
    if run.returncode != 0:
        return f"exit {run.returncode}: {run.stderr.decode().strip()}"
    expected = json.loads(path.with_suffix(".json").read_text())
    try:
        actual = json.loads(run.stdout)
    except ValueError as error:
        return f"not JSON: {error}"
    return None if same(expected, actual) else f"expected {expected}, read {actual}"


failures = {}
for name in names:
    if reason := failure(name):
        failures[name] = reason
        print(f"FAIL {name}: {reason}")
for kind in ("valid", "invalid"):
    count = sum(name.startswith(kind) for name in names)
    bad = sum(name.startswith(kind) for name in failures)
    print(f"{kind}: {count - bad} of {count} pass")
sys.exit(1 if failures or not names else 0)
PYTHON

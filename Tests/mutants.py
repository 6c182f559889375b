#!/usr/bin/env python3
"""Changes one place of Sources/Alerting at a time, and lists the changes that no test notices.

    Tests/mutants.py [--count 100] [--seed 1] [--jobs 2] [--only NAME…] [--build-only | --run-only]

The script builds all mutants at once, in a copy of the sources in .build/mutants: each changed place asks
whether it is the one that the environment variable MUTANT names. It then runs the tests once for each mutant,
until one fails. A hash of the seed and of the changed line chooses the places, so that a
change elsewhere keeps the choice. Places that a change cannot break are in Tests/mutants-equivalent.txt, with
the reason, and are never chosen. The exit status is 1 where more than 5 % survive.
"""
import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
COPY = ROOT / ".build" / "mutants"
EQUIVALENT = ROOT / "Tests" / "mutants-equivalent.txt"
BUILD = ["swift", "build", "--package-path", str(COPY), "-c", "release", "-Xswiftc", "-enable-testing", "--build-tests"]
TESTS = ["AlertingTests", "SimulationTests"]

# What runs for a mutant, one after the other until a test fails. The worlds take two seconds, and notice most.
WORLDS = r"^SimulationTests\.(World|ClockWorld|Years)Tests"
STAGES = [("worlds and years", ["--filter", WORLDS]), ("the other suites", ["--skip", WORLDS])]
MAXIMUM_MEMORY = 3 << 30

PACKAGE = """// swift-tools-version: 6.2
import PackageDescription
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]
let package = Package(name: "mutants", targets: [
    .target(name: "Alerting", swiftSettings: settings),
    .testTarget(name: "AlertingTests", dependencies: ["Alerting"], swiftSettings: settings),
    .target(
        name: "EngineLives", dependencies: ["Alerting"], path: "Tests/EngineLives",
        swiftSettings: settings),
    .testTarget(
        name: "SimulationTests", dependencies: ["Alerting", "EngineLives"], swiftSettings: settings),
])
"""

PRELUDE = """import Glibc
private let chosen = getenv("MUTANT").flatMap { Int(String(cString: $0)) } ?? -1
func isMutant(_ number: Int) -> Bool { number == chosen }
"""

# An operator, what it becomes, and what declares one of its kind.
COMPARABLE = "func {new} <T: Comparable>(a: T, b: T) -> Bool {{ isMutant({id}) ? a {other} b : a {old} b }}"
EQUATABLE = "func {new} <T: Equatable>(a: T, b: T) -> Bool {{ isMutant({id}) ? a {other} b : a {old} b }}"
LOGICAL = (
    "func {new} (a: Bool, b: @autoclosure () throws -> Bool) rethrows -> Bool "
    "{{ try isMutant({id}) ? a {other} b() : a {old} b() }}"
)
OPERATORS = {
    "<": ("<=", "ComparisonPrecedence", COMPARABLE),
    "<=": ("<", "ComparisonPrecedence", COMPARABLE),
    ">": (">=", "ComparisonPrecedence", COMPARABLE),
    ">=": (">", "ComparisonPrecedence", COMPARABLE),
    "==": ("!=", "ComparisonPrecedence", EQUATABLE),
    "!=": ("==", "ComparisonPrecedence", EQUATABLE),
    "&&": ("||", "LogicalConjunctionPrecedence", LOGICAL),
    "||": ("&&", "LogicalDisjunctionPrecedence", LOGICAL),
}


class Mutant:
    def __init__(self, path, line, begin, end, kind):
        self.path, self.line, self.begin, self.end, self.kind = path, line, begin, end, kind
        text = path.read_text().split("\n")[line]
        self.old = text[begin:end]
        self.code = text.strip()
        self.file = str(path.relative_to(ROOT))
        self.id = 0
        self.text(self.old)
        self.place = f"{self.file} | {self.shown} | {self.code}"
        self.name = ""

    def drawn(self, seed, nth):
        """Gives the mutant its name, and returns its rank in the draw."""
        digest = hashlib.sha256(f"{seed} {self.place} {nth}".encode()).digest()
        self.name = digest[:4].hex()
        # Assignments are the most frequent, and teach the least.
        return self.kind == "statement" and digest[4] < 180, digest

    def text(self, old):
        """What stands in the place of `old`, and what declares it."""
        if self.kind in OPERATORS:
            other, precedence, form = OPERATORS[self.kind]
            # An operator of its own: the number, in arrows of Unicode, behind the usual one.
            new = self.kind + "".join(chr(0x2190 + int(digit)) for digit in str(self.id))
            self.shown = f"{self.kind} becomes {other}"
            declaration = form.format(new=new, id=self.id, other=other, old=self.kind)
            return new, f"infix operator {new} : {precedence}\n{declaration}\n"
        if self.kind == "guard":
            self.shown = "the guard is gone"
            return f"(isMutant({self.id}) || ({old}))", ""
        if self.kind == "if":
            self.shown = "the condition is turned round"
            return f"(isMutant({self.id}) != ({old}))", ""
        if self.kind == "severity":
            other = ".warning" if old == ".critical" else ".critical"
            self.shown = f"{old} becomes {other}"
            return f"(isMutant({self.id}) ? {other} : {old})", ""
        if self.kind == "one":
            self.shown = "1 becomes 0"
            return f"(isMutant({self.id}) ? 0 : 1)", ""
        if self.kind == "bool":
            self.shown = f"{old} is turned round"
            return f"isMutant({self.id}) != {old}", ""
        assert self.kind == "statement"
        self.shown = "the statement is gone"
        return f"if !isMutant({self.id}) {{ {old} }}", ""


def sites(path):
    """The places of a file that can be changed."""
    for number, line in enumerate(path.read_text().split("\n")):
        code = line.strip()
        if not code or code.startswith(("//", "import", "case ", "#", "@")) or '"' in code:
            continue
        if re.search(r"\b(func|init|subscript|typealias|precondition)\b", code):
            continue
        for match in re.finditer(r" (<=?|>=?|==|!=|&&|\|\|) ", line):
            if not re.match(r"nil\b", line[match.end():]) and "->" not in line:
                yield Mutant(path, number, match.start(1), match.end(1), match.group(1))
        match = re.search(r"\bguard (?!let |case |var )([^,]+) else \{", line)
        if match and not re.search(r"\b(let|case)\b", match.group(1)):
            yield Mutant(path, number, match.start(1), match.end(1), "guard")
        match = re.search(r"\bif (?!let |case |var )([^,]+) \{", line)
        if match and not re.search(r"\b(let|case|else)\b|\{", match.group(1)):
            yield Mutant(path, number, match.start(1), match.end(1), "if")
        if not re.search(r"\bcase\b|switch|let |var ", code):
            for match in re.finditer(r"(?<![\w)])\.(critical|warning)\b(?!:)", line):
                yield Mutant(path, number, match.start(), match.end(), "severity")
        for match in re.finditer(r" [-+]=? (1)(?![\w.])", line):
            yield Mutant(path, number, match.start(1), match.end(1), "one")
        match = re.search(r"\breturn (true|false)\b", line)
        if match:
            yield Mutant(path, number, match.start(1), match.end(1), "bool")
        match = re.fullmatch(r"\s+((?:self\.)?[a-z]\w*[\w.\[\]?!]* [-+]?= [^{}]+[^{}(\[,:=&|?])", line)
        is_initial = match and re.fullmatch(r"self\.(\w+) = \1", match.group(1))
        if match and not is_initial and match.group(1).count("(") == match.group(1).count(")"):
            yield Mutant(path, number, match.start(1), match.end(1), "statement")


def chosen_places(seed, count):
    """Returns the places to change, in the order of the draw, one a line of the sources."""
    every = [m for path in sorted((ROOT / "Sources" / "Alerting").rglob("*.swift")) for m in sites(path)]
    known = {}
    for line in EQUIVALENT.read_text().split("\n"):
        if line and not line.startswith("#"):
            place, _, reason = line.rpartition(" | ")
            known[place] = reason
    for place in known.keys() - {m.place for m in every}:
        print(f"{EQUIVALENT.name} names what is no place: {place}", flush=True)
    times, ranks = {}, {}
    for mutant in every:
        times[mutant.place] = times.get(mutant.place, 0) + 1
        ranks[mutant] = mutant.drawn(seed, times[mutant.place])
    chosen, lines = [], set()
    for mutant in sorted(every, key=ranks.get):
        # One a line, so that an error of the compiler names the mutant.
        if (mutant.path, mutant.line) in lines or mutant.place in known:
            continue
        lines.add((mutant.path, mutant.line))
        mutant.id = len(chosen)
        chosen.append(mutant)
        if len(chosen) == count:
            break
    print(f"seed {seed}: {len(every)} places, {len(known)} of them equivalent", flush=True)
    return chosen


def write(mutants):
    """Writes the copy, in which each mutant can be chosen."""
    for name in ["Sources/Alerting", "Tests/EngineLives"] + [f"Tests/{name}" for name in TESTS]:
        shutil.rmtree(COPY / name, ignore_errors=True)
        shutil.copytree(ROOT / name, COPY / name)
    (COPY / "Package.swift").write_text(PACKAGE)
    declarations = PRELUDE
    by_file = {}
    for mutant in mutants:
        by_file.setdefault(mutant.path, []).append(mutant)
    for path, found in by_file.items():
        lines = path.read_text().split("\n")
        for mutant in found:
            line = lines[mutant.line]
            new, declaration = mutant.text(mutant.old)
            declarations += declaration
            lines[mutant.line] = line[: mutant.begin] + new + line[mutant.end :]
        (COPY / path.relative_to(ROOT)).write_text("\n".join(lines))
    (COPY / "Sources" / "Alerting" / "Mutants.swift").write_text(declarations)


def build(mutants):
    """Builds, without those mutants that do not compile; returns the rest."""
    while True:
        write(mutants)
        result = subprocess.run(BUILD, capture_output=True, text=True)
        if result.returncode == 0:
            return mutants
        output = result.stdout + result.stderr
        places = {
            (path, int(line) - 1)
            for path, line in re.findall(r"(Sources/Alerting/\S+\.swift):(\d+):\d+: error", output)
        }
        bad = [m for m in mutants if (m.file, m.line) in places]
        if not bad:
            # An initializer that lacks an assignment is reported at its end.
            files = {path for path, _ in places}
            bad = [m for m in mutants if m.kind == "statement" and m.file in files]
        if not bad:
            sys.exit(output[-4000:])
        print(f"{len(bad)} mutants do not compile and are left out", flush=True)
        mutants = [m for m in mutants if m not in bad]


def run(number, arguments, patience):
    """Returns what notices a mutant, "" where nothing does; the first failure ends the run."""
    bundle = COPY / ".build" / "release" / "mutantsPackageTests.xctest"
    command = ["prlimit", f"--data={MAXIMUM_MEMORY}", bundle, "--testing-library", "swift-testing", "--no-parallel"]
    process = subprocess.Popen(
        command + arguments,
        env=os.environ | {"MUTANT": str(number), "SWIFT_BACKTRACE": "enable=no"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    late = threading.Event()

    def end():
        late.set()
        process.kill()

    timer = threading.Timer(patience, end)
    timer.start()
    last, failure = "", ""
    with process.stdout:
        for line in process.stdout:
            last = line.strip() or last
            if "✘" in line:
                failure = line.strip()
                process.kill()
                break
    status = process.wait()
    timer.cancel()
    if late.is_set():
        return f"no end within {patience:.0f} s"
    if failure or not status:
        return failure
    return f"{signal.Signals(-status).name if status < 0 else status}: {last}"


def judge(mutant, patience):
    """Returns what notices a mutant, and how long that took; "" where nothing does."""
    began = time.monotonic()
    for stage, arguments in STAGES:
        found = run(mutant.id, arguments, patience[stage])
        if found:
            return f"{stage}: {found[:120]}", time.monotonic() - began
    return "", time.monotonic() - began


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time")
    parser.add_argument("--only", nargs="*", default=[], help="names of mutants, as an earlier run printed them")
    parser.add_argument("--build-only", action="store_true")
    parser.add_argument("--run-only", action="store_true", help="what --build-only built, with the same seed")
    options = parser.parse_args()

    # Some do not compile.
    chosen = chosen_places(options.seed, options.count * 5 // 4)
    if not options.run_only:
        COPY.mkdir(parents=True, exist_ok=True)
        (COPY / "built").write_text(" ".join(m.name for m in build(chosen)))
    built = set((COPY / "built").read_text().split())
    chosen = [m for m in chosen if m.name in built][: options.count]
    if options.only:
        chosen = [m for m in chosen if m.name in options.only]
    if options.build_only:
        return
    patience = {}
    for stage, arguments in STAGES:
        began = time.monotonic()
        if found := run(-1, arguments, 1200):
            sys.exit(f"{stage} fails without any mutant: {found}")
        spent = time.monotonic() - began
        patience[stage] = 30 + 10 * spent
        print(f"{stage} without a mutant: {spent:.0f} s", flush=True)
    survivors = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        waiting = {pool.submit(judge, mutant, patience): mutant for mutant in chosen}
        for number, future in enumerate(concurrent.futures.as_completed(waiting), 1):
            mutant = waiting[future]
            found, spent = future.result()
            word = "noticed " if found else "SURVIVES"
            print(f"[{number}] {mutant.name} {word} {spent:.0f} s: {mutant.file}:{mutant.line + 1} {mutant.shown}: "
                  f"{mutant.code}\n        {found}", flush=True)
            if not found:
                survivors.append(mutant)
    share = 100 * len(survivors) / max(1, len(chosen))
    print(f"{len(survivors)} of {len(chosen)} mutants survive ({share:.0f} %)")
    for mutant in survivors:
        print(f"{mutant.name} {mutant.place}")
    sys.exit(1 if share > 5 else 0)


main()

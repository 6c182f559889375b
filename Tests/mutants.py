#!/usr/bin/env python3
"""Changes one place of Sources/Alerting at a time, and reports the changes that no test notices.

    Tests/mutants.py [--count 100] [--seed 1] [--only ID]

All mutants are built at once: each changed place asks whether it is the one that the environment
variable MUTANT names. So there is one build, and a run of the tests for each mutant. The copy that is
changed and built is .build/mutants. The exit status is 1 where more than 5 % survive.
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
COPY = ROOT / ".build" / "mutants"

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
    .testTarget(name: "SimulationTests", dependencies: ["Alerting"], swiftSettings: settings),
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
        self.id = None
        self.shown = ""

    def text(self, old):
        """What stands in the place of `old`, and what declares it."""
        if self.kind in OPERATORS:
            other, precedence, form = OPERATORS[self.kind]
            # An operator of its own: an arrow of Unicode behind the usual one.
            new = self.kind + chr(0x2190 + self.id)
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


def write(mutants):
    """Writes the copy, in which each mutant can be chosen."""
    shutil.rmtree(COPY / "Sources", ignore_errors=True)
    shutil.copytree(ROOT / "Sources" / "Alerting", COPY / "Sources" / "Alerting")
    for name in ["AlertingTests", "SimulationTests"]:
        shutil.rmtree(COPY / "Tests" / name, ignore_errors=True)
        shutil.copytree(ROOT / "Tests" / name, COPY / "Tests" / name)
    (COPY / "Package.swift").write_text(PACKAGE)
    declarations = PRELUDE
    by_file = {}
    for mutant in mutants:
        by_file.setdefault(mutant.path, []).append(mutant)
    for path, found in by_file.items():
        lines = path.read_text().split("\n")
        for mutant in found:
            line = lines[mutant.line]
            old = line[mutant.begin : mutant.end]
            new, declaration = mutant.text(old)
            declarations += declaration
            lines[mutant.line] = line[: mutant.begin] + new + line[mutant.end :]
        (COPY / path.relative_to(ROOT)).write_text("\n".join(lines))
    (COPY / "Sources" / "Alerting" / "Mutants.swift").write_text(declarations)


def build(mutants):
    """Builds, without those mutants that do not compile; returns the rest."""
    while True:
        write(mutants)
        command = ["swift", "build", "--package-path", str(COPY), "--build-tests"]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode == 0:
            return mutants
        output = result.stdout + result.stderr
        places = {
            (path, int(line) - 1)
            for path, line in re.findall(r"(Sources/Alerting/\S+\.swift):(\d+):\d+: error", output)
        }
        bad = [m for m in mutants if (str(m.path.relative_to(ROOT)), m.line) in places]
        if not bad:
            # An initializer that lacks an assignment is reported at its end.
            files = {path for path, _ in places}
            bad = [
                m
                for m in mutants
                if m.kind == "statement" and str(m.path.relative_to(ROOT)) in files
            ]
        if not bad:
            sys.exit(output[-4000:])
        print(f"{len(bad)} mutants do not compile and are left out", flush=True)
        mutants = [m for m in mutants if m not in bad]


def survives(number, target, patience):
    bundle = COPY / ".build" / "debug" / "mutantsPackageTests.xctest"
    command = [bundle, "--testing-library", "swift-testing", "--filter", f"^{target}\\."]
    environment = os.environ | {"MUTANT": str(number)}
    try:
        result = subprocess.run(command, env=environment, capture_output=True, timeout=patience)
        return result.returncode == 0
    except subprocess.TimeoutExpired:
        # A loop without end is noticed too.
        return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build-only", action="store_true")
    parser.add_argument("--run-only", action="store_true", help="what --build-only built, with the same seed")
    options = parser.parse_args()

    chance = random.Random(options.seed)
    every = [m for path in sorted((ROOT / "Sources" / "Alerting").rglob("*.swift")) for m in sites(path)]
    chance.shuffle(every)
    # Assignments are the most frequent, and teach the least.
    every.sort(key=lambda mutant: mutant.kind == "statement" and chance.random() < 0.7)
    chosen, lines = [], set()
    for mutant in every:
        # One a line, so that an error of the compiler names the mutant.
        if (mutant.path, mutant.line) not in lines and len(chosen) < options.count * 5 // 4:
            lines.add((mutant.path, mutant.line))
            mutant.id = len(chosen)
            chosen.append(mutant)
    print(f"seed {options.seed}: {len(every)} places, {len(chosen)} chosen", flush=True)
    chosen_file = COPY / "chosen"
    if options.run_only:
        ids = set(map(int, chosen_file.read_text().split()))
        chosen = [m for m in chosen if m.id in ids]
        for mutant in chosen:
            mutant.text(mutant.path.read_text().split("\n")[mutant.line][mutant.begin : mutant.end])
    else:
        COPY.mkdir(parents=True, exist_ok=True)
        chosen = build(chosen)[: options.count]
        chosen_file.write_text(" ".join(str(m.id) for m in chosen))
    if options.build_only:
        return
    patience = {}
    for target in ["AlertingTests", "SimulationTests"]:
        began = time.monotonic()
        if not survives(-1, target, 600):
            sys.exit(f"{target} fails without any mutant")
        patience[target] = 20 + 5 * (time.monotonic() - began)
        print(f"{target} without a mutant: {time.monotonic() - began:.0f} s", flush=True)
    survivors = []
    for index, mutant in enumerate(chosen):
        if all(survives(mutant.id, target, patience[target]) for target in patience):
            survivors.append(mutant)
            line = mutant.path.read_text().split("\n")[mutant.line].strip()
            place = f"{mutant.path.relative_to(ROOT)}:{mutant.line + 1}"
            print(f"[{index + 1}] SURVIVES {place}: {mutant.shown}: {line}", flush=True)
    share = 100 * len(survivors) / max(1, len(chosen))
    print(f"{len(survivors)} of {len(chosen)} mutants survive ({share:.0f} %)")
    sys.exit(1 if share > 5 else 0)


main()

#!/usr/bin/env python3
"""Prints the bill of materials of a built program as SPDX 2.3 JSON: what is linked, in which version.

    packaging/sbom.py PROGRAM VERSION SECONDS

SECONDS is the time of the release since 1970, so that two builds print the same. The shared libraries
are those that the loader finds for PROGRAM on this machine, by the Debian packages that own them.
"""

import hashlib
import json
import pathlib
import re
import subprocess
import sys
import time

# By the copyright files of the Debian packages.
LICENCES = {
    "libc6": "LGPL-2.1-or-later",
    "libcurl4": "curl",
    "libgcc-s1": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libsqlite3-0": "blessing",
    "libssl3": "Apache-2.0",
    "libstdc++6": "GPL-3.0-or-later WITH GCC-exception-3.1",
}

SPDX = "https://spdx.github.io/spdx-spec/v2.3/"


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def needed(program: str) -> list[str]:
    """The libraries that the program itself names, not those that they need in turn."""
    return sorted(re.findall(r"NEEDED\s+(\S+)", output("objdump", "-p", program)))


def owner(library: str, paths: dict[str, str]) -> tuple[str, str]:
    """The Debian package of a library, and its version."""
    path = str(pathlib.Path(paths[library]).resolve())
    # dpkg knows files by the path they were installed to, which may lack /usr.
    for candidate in (path, path.removeprefix("/usr")):
        found = subprocess.run(["dpkg-query", "-S", candidate], capture_output=True, text=True)
        if found.returncode == 0:
            package = found.stdout.split(": ")[0].split(",")[0]
            fields = output("dpkg-query", "-W", "-f", "${Package} ${Version}", package).split()
            return fields[0], fields[1]
    raise SystemExit(f"sbom: {path}: no Debian package owns it")


def package(name: str, version: str, licence: str, reference: str | None = None) -> dict:
    entry = {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
    }
    if reference:
        entry["externalRefs"] = [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": reference,
            }
        ]
    return entry


def main() -> None:
    program, version, seconds = sys.argv[1:]
    digest = hashlib.sha256(pathlib.Path(program).read_bytes()).hexdigest()
    paths = dict(re.findall(r"(\S+) => (\S+)", output("ldd", program)))
    swift = re.search(r"Swift version (\S+)", output("swift", "--version"))
    own = package("tokenwatchd", version, "Apache-2.0")
    own["checksums"] = [{"algorithm": "SHA256", "checksumValue": digest}]
    runtime = package("swift-runtime", swift[1], "Apache-2.0 WITH Swift-exception")
    linked = {}
    for library in needed(program):
        if library in paths:
            name, found = owner(library, paths)
            licence = LICENCES.get(name, "NOASSERTION")
            linked[name] = package(name, found, licence, f"pkg:deb/debian/{name}@{found}")
    parts = [own, runtime] + [linked[name] for name in sorted(linked)]
    relation = {runtime["SPDXID"]: "STATIC_LINK"}
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"tokenwatchd-{version}",
        "documentNamespace": f"https://tokenwatchd.example.org/spdx/{digest}",
        "creationInfo": {
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(seconds))),
            "creators": ["Tool: tokenwatchd packaging/sbom.py"],
            "comment": f"The form is that of {SPDX}",
        },
        "packages": parts,
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": own["SPDXID"],
            }
        ]
        + [
            {
                "spdxElementId": own["SPDXID"],
                "relationshipType": relation.get(part["SPDXID"], "DYNAMIC_LINK"),
                "relatedSpdxElement": part["SPDXID"],
            }
            for part in parts[1:]
        ],
    }
    json.dump(document, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()

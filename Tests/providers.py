#!/usr/bin/env python3
"""Writes what follows from the files of the built-in providers; tests compare it with the program."""
import pathlib
import re
import tomllib

root = pathlib.Path(__file__).parent.parent
rows = []
for path in (root / "Sources/Monitor/Providers/Builtin").glob("*.toml"):
    profile = tomllib.loads(path.read_text())
    needs = list(profile.get("variables", []))
    needs += [name + "_file" for name in profile.get("secrets", [])]
    if "url" in profile and "base" not in profile and not profile["url"].startswith("https:"):
        needs.insert(0, "base_url")
    rows_of = profile.get("list", {})
    facts = rows_of.get("fields", profile)
    reports = [
        "list" in profile, "url" in profile,
        "expires" in facts or "expired_if" in (rows_of or profile), "last_used" in facts,
        "permissions" in facts, "name" in facts, "account" in facts,
    ]
    cells = [f"[{path.stem}]({profile.get('docs', '')})", ", ".join(f"`{name}`" for name in needs)]
    cells += ["yes" if reported else "–" for reported in reports]
    rows.append((path.stem, "| " + " | ".join(cells + [profile.get("verified", "")]) + " |"))
rows.sort(key=lambda row: (row[0] != "vps.org", row[0]))
page = root / "docs/providers.md"
lines = page.read_text().split("\n")
first = next(i for i, line in enumerate(lines) if line.startswith("| ["))
kept = [line for line in lines if not line.startswith("| [")]
page.write_text("\n".join(kept[:first] + [row for _, row in rows] + kept[first:]))

names = " ".join(name for name, _ in rows)
for path in (root / "completions").iterdir():
    text = path.read_text()
    path.write_text(re.sub(r"vps\.org( [a-z0-9.-]+)+", names, text))

code = root / "Sources/Monitor/Providers/BuiltinFiles.swift"
text = code.read_text()
places = "".join(
    f'        ("{name}", {{ PackageResources.{re.sub("[^A-Za-z0-9]", "_", name)}_toml }}),\n'
    for name in sorted(name for name, _ in rows)
)
code.write_text(re.sub(r"(?m)(^        \(\".*\n)+", lambda _: places, text))

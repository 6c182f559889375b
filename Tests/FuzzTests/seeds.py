"""Writes the documented answers of the built-in providers as inputs of the target `answer`.

    seeds.py FOLDER
"""
import pathlib
import sys
import tomllib

folder = pathlib.Path(sys.argv[1])
plays = pathlib.Path(__file__).parent.parent / "Fixtures" / "providers"
for play in sorted(plays.glob("*/play.toml")):
    provider = play.parent.name
    answers = tomllib.loads(play.read_text()).get("answers", {})
    for name, answer in answers.items():
        body = answer.get("body", "")
        head = f"{provider} {answer.get('status', 200)}\n"
        (folder / f"{provider}-{name}").write_text(head + (body if isinstance(body, str) else ""))

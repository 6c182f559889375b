#!/usr/bin/env -S python3 -B
"""Measures what a year of polls leaves in the database: 8,736 polls of each token, with a change each week.

The provider renames every token 52 times; another poll would be due each hour, 168 a week, and all of them are
made, one right after the other. Prints the size on the disk (the daemon is stopped) before and after.
"""

import workplace
from origin import ANSWER
from tables import head, row

WEEKS, POLLS = 52, 7 * 24
# nginx answers from a file, which changes between two polls.
FROM_FILE = """
            root DIRECTORY/answers;
            rewrite ^ /answer.json break;
"""


def write_answer(provider, week):
    folder = provider.directory / "answers"
    folder.mkdir(exist_ok=True)
    text = ANSWER.replace("$number", f"week {week:02}").replace("EXPIRES", "2099-01-01T00:00:00Z")
    (folder / "next").write_text(text.replace("$time_iso8601", "2026-01-01T00:00:00Z"))
    (folder / "next").rename(folder / "answer.json")


def measure(place, tokens):
    provider = place.origin(faults=FROM_FILE)
    write_answer(provider, 0)
    daemon = place.polled("year", tokens, [provider.http])
    head("after", "polls", "events", "bytes per token", "more than before")
    before = report(daemon, "the first poll", tokens, 0)
    daemon.start()
    for _ in range(POLLS):
        daemon.sweep()
    before = report(daemon, "a week without a change", (1 + POLLS) * tokens, before)
    daemon.start()
    for week in range(1, WEEKS + 1):
        write_answer(provider, week)
        for _ in range(POLLS):
            daemon.sweep()
    report(daemon, "a year with a change each week", (1 + POLLS + POLLS * WEEKS) * tokens, before)


def report(daemon, what, polls, before):
    events = len(daemon.ask("GET", "/v1/events?limit=1000&token=t000000"))
    daemon.settle()
    daemon.stop()
    size = daemon.database_bytes() / daemon.tokens
    row(what, f"{polls:,}", f"{events}", f"{size:,.0f}", f"{size - before:,.0f}")
    return size


if __name__ == "__main__":
    programs = {"nginx": "nginx-light", "openssl": "openssl"}
    workplace.run(__doc__, measure, programs, tokens=100)

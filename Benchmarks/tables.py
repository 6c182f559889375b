"""Tables in Markdown, as docs/benchmarks.md has them."""


def head(*names):
    row(*names)
    row("---", *["---:"] * (len(names) - 1))


def row(*cells):
    """Prints one line at once, for measurements that take minutes."""
    print("| " + " | ".join(cells) + " |", flush=True)


class Table:
    """Figures next to their bars; printed at the end, in columns that a terminal shows too."""

    def __init__(self):
        self.rows = []

    def add(self, what, measured, unit, bar=None):
        verdict = "" if bar is None else ("ok" if measured <= bar else "OVER")
        self.row(what, measured, unit, "" if bar is None else f"<= {bar:,g}", verdict)

    def add_least(self, what, measured, unit, bar=None):
        """A figure whose bar is the least."""
        verdict = "" if bar is None else ("ok" if measured >= bar else "UNDER")
        self.row(what, measured, unit, "" if bar is None else f">= {bar:,g}", verdict)

    def row(self, what, measured, unit, bar, verdict):
        digits = 0 if measured >= 100 or measured == int(measured) else 2 if measured < 10 else 1
        self.rows.append((what, f"{measured:,.{digits}f} {unit}".strip(), bar, verdict))

    def print(self):
        rows = [("what", "measured", "bar", ""), *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = [[cell.ljust(width) for cell, width in zip(row, widths)] for row in rows]
        for line, cells in zip(lines[1:], self.rows):
            line[1] = cells[1].rjust(widths[1])
        rule = ["-" * width for width in widths]
        rule[1] = rule[1][:-1] + ":"
        for line in (lines[0], rule, *lines[1:]):
            row(*line)

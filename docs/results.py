"""Figures of the benchmarks for pages, so that none is typed by hand.

A page has places that are filled from ``benchmarks/results/NAME.md`` when the site is built:

- ``{{ NAME | ROW | COLUMN }}``: a cell of a table. ROW is the first cell of its row, or the first
  cells with commas between them. If several tables have this row, the first cell of the header
  precedes it, with a colon.
- ``{{ NAME | tables }}``: text and tables of the file, without headings, pictures and targets.
- ``{{ NAME | targets }}``: the tables of targets.

The README cannot have places. Its table of figures is that of the landing page:
``python docs/results.py`` copies it, and a test compares the two.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
TABLE = re.compile(r"(?<=\n## What it does better\n\n)(?:\|.*\n)+")  # in index.md and README.md
PLACE = re.compile(r"\{\{ (\w+) \| (.+?)(?: \| (.+?))? \}\}")


def blocks(name):
    """The paragraphs and tables of a file of results."""
    return (RESULTS / f"{name}.md").read_text().strip().split("\n\n")


def rows(table):
    """The cells of a Markdown table, row by row; the first row is the header."""
    header, _, *body = table.splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in (header, *body)]


def cell(name, row, column):
    """The one cell of this row and column in the tables of a file of results."""
    found = [
        cells[header.index(column)]
        for header, *body in (rows(block) for block in blocks(name) if block.startswith("|"))
        for cells in body
        if column in header and row in _names(header, cells)
    ]
    if len(found) != 1:
        raise LookupError(f"{name}.md has {len(found)} cells for row {row!r}, column {column!r}")
    return found[0]


def _names(header, cells):
    yield f"{header[0]}: {cells[0]}"
    yield from (", ".join(cells[: n + 1]) for n in range(len(cells)))


def filled(text):
    """A page with the figures in their places."""
    return PLACE.sub(_fill, text)


def _fill(place):
    name, what, column = place.groups()
    if column:
        return cell(name, what, column)
    parts = {"tables": [], "targets": []}
    for block in blocks(name):
        if not block.startswith(("#", "!")):
            parts["targets" if block.startswith("| figure") else "tables"].append(block)
    return "\n\n".join(parts[what])


def readme():
    """The README with the figures as they are now."""
    table = TABLE.search((ROOT / "docs" / "index.md").read_text()).group()
    return TABLE.sub(lambda _: filled(table), (ROOT / "README.md").read_text())


def setup(app):
    """Fill the places when Sphinx reads a page."""

    def fill(app, page, source):
        used = {place[0] for place in PLACE.findall(source[0])}
        for name in used:
            app.env.note_dependency(RESULTS / f"{name}.md")
        source[0] = filled(source[0])

    app.connect("source-read", fill)
    return {"parallel_read_safe": True}


if __name__ == "__main__":
    (ROOT / "README.md").write_text(readme())

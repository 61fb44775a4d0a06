"""Figures of benchmarks on pages come from the files of results, and nowhere else."""

import re
import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("user_guide/*.md"))]
RESULTS = runpy.run_path(str(DOCS / "results.py"))
cell, filled = RESULTS["cell"], RESULTS["filled"]

# Quantities that pages may name although no benchmark measures them, each with the reason.
NOT_MEASURED = {
    "0.4 %": "by how much the objective falls at the end, by a formula in the code",
    "0.2 %": "by how much the objective falls at the end, by a formula in the code",
    "0.125 %": "by how much the log loss of unseen rows falls, a constant of the code",
    "0.1 %": "the least gain over the frequencies, a constant of the code",
    "15 %": "of the frequencies' log loss, where rows are learned well, a constant of the code",
    "80 %": "rows to train on, a constant of the code; and an example of calibration",
    "98 %": "the title of a question",
    "99 %": "the title of a question",
    "4 GB": "arithmetic: fifty vectors of ten million weights",
    "80 MB": "arithmetic: ten million weights",
    "30 s": "a default of dask",
}
UNITS = r"(?:%|percent|points|times|ms|s|seconds|minutes|hours|[kMG]B)"
QUANTITY = re.compile(rf"(?<![\w.^-])(\d[\d.,]*)\s?({UNITS})(?!\w)")
# Code with its output, mathematics, targets of links, and places for figures.
APART = re.compile(
    r"^ *(`{3,})[\s\S]*?^ *\1|\$[^$]*\$|`[^`]*`|\]\([^)]*\)|\{\{.*?\}\}", re.MULTILINE
)


def quantities(text):
    return {f"{number} {unit}" for number, unit in QUANTITY.findall(APART.sub("", text))}


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A folder of results with one file, `speed`."""
    monkeypatch.setitem(cell.__globals__, "RESULTS", tmp_path)
    tables = [
        "| small | rows | seconds |\n| --- | --: | --: |\n| ours | 10 | 0.1 |\n| ours | 20 | 0.3 |",
        "| large | seconds |\n| --- | --: |\n| theirs | 7.5 |\n| ours, too | 8 |",
        "| huge | seconds |\n| --- | --: |\n| theirs | 60 |",
        "| figure | target | seen | met |\n| --- | --: | --: | --: |\n| ratio | <= 1 | 0.9 | yes |",
    ]
    (tmp_path / "speed.md").write_text(
        "\n\n".join(["# Speed", "By a script.", *tables, "![](a.png)"])
    )
    return tmp_path


@pytest.mark.parametrize(
    ("place", "figure"),
    [
        ("{{ speed | ours, 20 | seconds }}", "0.3"),
        ("{{ speed | ours, too | seconds }}", "8"),
        ("{{ speed | large: theirs | seconds }}", "7.5"),
        ("{{ speed | huge: theirs | seconds }}", "60"),
        ("{{ speed | ratio | seen }}", "0.9"),
    ],
)
def test_a_place_is_filled_with_one_cell(folder, place, figure):
    assert filled(f"It takes {place} s.") == f"It takes {figure} s."


@pytest.mark.parametrize(("row", "n_cells"), [("ours", 2), ("theirs", 2), ("nobody's", 0)])
def test_a_row_that_is_missing_or_ambiguous_is_an_error(folder, row, n_cells):
    with pytest.raises(LookupError, match=rf"speed.md has {n_cells} cells for row \"?'?{row}"):
        filled(f"{{{{ speed | {row} | seconds }}}}")


def test_targets_are_apart_from_other_tables(folder):
    tables, targets = filled("{{ speed | tables }}"), filled("{{ speed | targets }}")
    assert targets.startswith("| figure |")
    assert targets.endswith("| yes |")
    assert tables.startswith("By a script.")
    assert tables.endswith("| theirs | 60 |")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_all_places_on_pages_are_filled(page):
    assert "{{" not in filled(page.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_measured_quantity_is_typed_by_hand(page):
    typed = quantities(page.read_text()) - set(NOT_MEASURED)
    assert not typed, "quote a cell of benchmarks/results (see docs/results.py)"


def test_quantities_are_found():
    text = (
        "It takes 3.5 s, or 85%\nof 12\nMB, but not `9 s` or $7 s$ or {{ speed | ours | s }} s.\n"
    )
    assert quantities(f"{text}\n```\n8 ms\n```\n4 GB") == {"3.5 s", "85 %", "12 MB", "4 GB"}

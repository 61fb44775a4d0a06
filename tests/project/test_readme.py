"""The README: its figures are those of the benchmarks that it names."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = re.findall(
    r"^\| (.+) \| (.+) \| `python benchmarks/(\w+)\.py` \|$", (ROOT / "README.md").read_text(), re.M
)


def test_there_are_figures():
    assert len(ROWS) == (ROOT / "README.md").read_text().count("`python benchmarks/")


@pytest.mark.parametrize(("claim", "figure", "name"), ROWS)
def test_figures_are_those_of_the_benchmark(claim, figure, name):
    results = (ROOT / "benchmarks" / "results" / f"{name}.md").read_text()
    numbers = re.findall(r"\d+\.\d+%?|\d+(?= MB)", figure)
    assert numbers
    for number in numbers:
        assert re.search(rf"(?<![\d.]){re.escape(number)}(?![\d])", results), f"{claim}: {number}"

"""The README: its figures are those of the benchmarks, and its links lead to files."""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_figures_are_those_of_the_benchmarks():
    results = runpy.run_path(str(ROOT / "docs" / "results.py"))
    assert results["readme"]() == README, "run `python docs/results.py`"


def test_links_lead_to_files():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert not [link for link in links if "://" not in link and not (ROOT / link).exists()]

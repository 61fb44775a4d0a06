"""The files of a release agree with pyproject.toml."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RECIPE = (ROOT / "conda" / "recipe.yaml").read_text(encoding="utf-8")


def test_the_citation_has_the_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.+)$", citation, re.MULTILINE) == [PROJECT["version"]]


def test_the_recipe_has_the_version_and_the_requirements():
    assert f'version: "{PROJECT["version"]}"' in RECIPE
    (run,) = re.findall(r"^  run:\n((?:    - .+\n)+)", RECIPE, re.MULTILINE)
    _, *required = re.findall(r"- (.+)", run)
    assert [name.replace(" ", "") for name in required] == PROJECT["dependencies"]
    assert f'python_min: "{PROJECT["requires-python"].removeprefix(">=")}"' in RECIPE

"""Print the lowest versions that pyproject.toml allows, as requirements for pip.

River is left out: only a file of data in it is used, so what it requires itself does not matter.
"""

import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
required = [*project["dependencies"], *extras["plot"], *extras["dask"], *extras["tests"]]
for requirement in required:
    if not requirement.startswith(("skneural", "river")):
        print(requirement.replace(">=", "=="))

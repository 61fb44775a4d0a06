"""Tables of data that lie in the source archive of the package scikit-multiflow 0.4.1.

README.md tells how pip brings it here. It is not installed, and no benchmark downloads it.
"""

import os
import tarfile
from pathlib import Path

import pandas as pd

NAME = "scikit-multiflow-0.4.1"
ARCHIVE = Path(os.environ.get("SKMULTIFLOW_SDIST", f"~/.cache/{NAME}.tar.gz")).expanduser()


def read(name, archive=ARCHIVE):
    """The table NAME.csv, or None and a note if the archive is not there."""
    if not Path(archive).exists():
        print(f"{name} is left out: there is no {archive} (see benchmarks/README.md).")
        return None
    with tarfile.open(archive) as files:
        return pd.read_csv(files.extractfile(f"{NAME}/src/skmultiflow/data/datasets/{name}.csv"))

"""Write `activations.png`, the picture of the page "Getting started", by the code that is there.

Run it from anywhere, with the package installed: ``python docs/pictures/activations.py``.
"""

import doctest
from pathlib import Path

import matplotlib as mpl

HERE = Path(__file__).parent

if __name__ == "__main__":
    mpl.use("agg")
    text = (HERE.parent / "getting_started.md").read_text()
    names = {}
    for example in doctest.DocTestParser().get_examples(text.partition("## Has it converged?")[0]):
        exec(compile(example.source, "getting_started.md", "single"), names)
    figure = names["display"].figure_
    figure.set_size_inches(6, 4.5)
    figure.savefig(HERE / "activations.png", dpi=150)

"""The layers of the package are a one-way street."""

import ast
from pathlib import Path

import pytest

import skneural

LAYERS = [
    "_typing",
    "activations",
    "_units",
    "_outputs",
    "_network",
    "_lanes",
    "_rows",
    "_stratify",
    "_objective",
    "_moments",
    "_kronecker",
    "_evidence",
    "_optimizers",
    "_soft_labels",
    "_labels",
    "_targets",
    "_weights",
    "_parameters",
    "_chunk_tasks",
    "_dask_rows",
    "_dask",
    "_estimator",
    "_conversion",
    "_monitor",
    "_callbacks",
    "_training",
    "_prediction",
    "_preparation",
    "_base",
    "_classifiers",
    "_threshold_search",
    "_thresholds",
    "_plotting",
    "_inspection",
    "_heatmap",
    "_threshold_curves",
    "_display_activations",
    "_display_hidden_weights",
    "_display_loss_curve",
    "_display_threshold",
    "__init__",
]
SOURCE = Path(skneural.__file__).parent


def imports(module):
    """Names of the modules that a module of the package imports, wherever it does."""
    tree = ast.parse((SOURCE / f"{module}.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            if node.module == "skneural":
                yield from (f"skneural.{alias.name}" for alias in node.names)
            else:
                yield node.module


def test_every_module_has_its_place():
    assert {path.stem for path in SOURCE.glob("*.py")} == set(LAYERS)


@pytest.mark.parametrize("module", LAYERS)
def test_imports_run_down_the_layers_only(module):
    below = LAYERS[: LAYERS.index(module)]
    own = [name.split(".")[1] for name in imports(module) if name.startswith("skneural.")]
    assert set(own) <= set(below)


@pytest.mark.parametrize("module", LAYERS[: LAYERS.index("_labels")])
def test_nothing_below_the_targets_knows_scikit_learn(module):
    assert not [name for name in imports(module) if name.split(".")[0] == "sklearn"]


@pytest.mark.parametrize("module", LAYERS)
def test_only_public_names_of_other_packages_are_imported(module):
    tree = ast.parse((SOURCE / f"{module}.py").read_text())
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    foreign = [node for node in froms if not node.module.startswith("skneural")]
    names = [f"{node.module}.{alias.name}" for node in foreign for alias in node.names]
    assert not [name for name in names if any(part.startswith("_") for part in name.split("."))]


@pytest.mark.parametrize("module", LAYERS)
def test_only_its_adapter_knows_of_dask(module):
    known = {name.split(".")[0] for name in imports(module)} & {"dask", "distributed"}
    assert not known or module in ("_dask_rows", "_dask")

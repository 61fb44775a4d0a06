"""From a table of text, categories, dates and gaps to a model in use, with other packages."""

import re
import sys
from doctest import script_from_examples
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

PAGE = Path(__file__).parents[2] / "docs" / "user_guide" / "tables.md"


@pytest.fixture
def table():
    """A table with a column of each kind, and labels that depend on text, date and gaps."""
    rng = np.random.default_rng(0)
    n = 600
    days = rng.integers(365, size=n)
    table = pd.DataFrame(
        {
            "text": rng.choice(["red chair", "red lamp", "blue chair", "blue lamp"], n),
            "category": rng.choice(["a", "b", None], n),
            "date": pd.Timestamp(2026, 1, 1) + pd.to_timedelta(days, "D"),
            "number": np.where(rng.uniform(size=n) < 0.3, np.nan, rng.normal(size=n)),
        }
    )
    red, gap = table["text"].str.contains("red"), table["number"].isna()
    return table, (red ^ gap).to_numpy().astype(int) + (days > 180)


def test_skrub_prepares_tables_for_networks(network, table):
    skrub = pytest.importorskip("skrub")
    X, y = table
    model = skrub.tabular_pipeline(network).fit(X[:400], y[:400])
    proba = model.predict_proba(X[400:])
    frequencies = np.bincount(y[:400]) / 400
    assert log_loss(y[400:], proba) < 0.5 * log_loss(y[400:], np.tile(frequencies, (200, 1)))


@pytest.mark.filterwarnings("default")  # the packages warn of each other
def test_the_code_of_the_page_runs(tmp_path, monkeypatch):
    for name in ("skrub", "optuna", "skops.io", "skl2onnx", "onnxruntime", "mlflow.sklearn"):
        pytest.importorskip(name)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    blocks = re.findall(r"^```py\w+\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    code = (script_from_examples(block) if ">>>" in block else block for block in blocks)
    (tmp_path / "code_of_the_page.py").write_text("\n".join(code))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        page = import_module("code_of_the_page")  # its functions are found by name, as they need be
    finally:
        sys.modules.pop("code_of_the_page", None)
    expected = page.model.predict_proba(page.X)
    assert log_loss(page.y, page.quick.predict_proba(page.X)) < 0.5
    assert page.study.best_value <= page.study.trials[0].value
    for model in (page.loaded, page.restored):
        np.testing.assert_array_equal(model.predict_proba(page.X), expected)
    np.testing.assert_allclose(page.probabilities, expected, atol=1e-5)

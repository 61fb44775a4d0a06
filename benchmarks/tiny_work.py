"""How fast is work so small that overhead dominates: one row, many labels, small searches?

Run ``python benchmarks/tiny_work.py``. It compares with scikit-learn's MLPClassifier, in turn, with
BLAS held to one thread and as it is by default. Predictions of many labels are timed in five turns
of many calls, each after a rest: otherwise threads that wait for work slow down whoever comes next.

1. Predictions of one row, for 1 to 500 outputs, alone and in a pipeline with a StandardScaler.
2. Probabilities of 500 labels for 1000 rows.
3. Thresholds of 100 labels, beside the fits that it takes to choose them.
4. A search of 100 fits on iris, beside MLPClassifier's L-BFGS.
5. The import of the package, beside that of ``sklearn.neural_network``.

Ratios are those of medians.
"""

import argparse
import os
import subprocess
import sys
import warnings
from contextlib import nullcontext
from functools import partial

import numpy as np
from _results import TARGET_HEADER, machine, median_times, table, target, write
from sklearn.base import clone
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier, TunedThresholdsClassifierCV

N_FEATURES = 20
# Kinds of y with the number of MLPClassifier's outputs.
OUTPUTS = [("binary", 1), ("classes", 10), ("classes", 500), ("labels", 10), ("labels", 500)]
TURNS = 5  # of each estimator, with 1000 rows
LIMITS = {"one": 1, "default": None}
OURS = {"Softmax": SoftmaxMLPClassifier, "Sigmoid": SigmoidMLPClassifier}
MOST_FOR_A_ROW, MOST_FOR_THRESHOLDS, MOST_FOR_IMPORT = 1.5, 1.5, 1.2


def limited(threads):
    limit = LIMITS[threads]
    return nullcontext() if limit is None else threadpool_limits(limit, "blas")


# --- Predictions ---------------------------------------------------------------------------


def fitted_models(kind, n_outputs):
    """Classifiers after few iterations, alone and in pipelines, and the features."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, N_FEATURES))
    y = np.arange(len(X)) % max(n_outputs, 2)
    if kind == "labels":
        y = (rng.random((len(X), n_outputs)) < 0.3).astype(int)
    models = {name: make(alpha=1.0, max_iter=2, random_state=0) for name, make in OURS.items()}
    models["MLP"] = MLPClassifier(max_iter=2, random_state=0)
    pipelines = {name: make_pipeline(StandardScaler(), model) for name, model in models.items()}
    fitted = [
        {name: clone(model).fit(X, y) for name, model in each.items()}
        for each in (models, pipelines)
    ]
    return *fitted, X


def ratios(calls, repeats, turns=None):
    """The peer's median time, and ours as multiples of it."""
    times = median_times(calls, repeats, turns=turns)
    return times["MLP"], *(times[name] / times["MLP"] for name in OURS)


def one_row(repeats):
    """A row of the table for each kind of y, method, container and number of threads."""
    rows = []
    for kind, n_outputs in OUTPUTS:
        *containers, X = fitted_models(kind, n_outputs)
        for models, container in zip(containers, ("alone", "pipeline"), strict=True):
            for method in ("predict", "predict_proba"):
                calls = {name: partial(getattr(m, method), X[:1]) for name, m in models.items()}
                for threads in LIMITS:
                    with limited(threads):
                        seen = ratios(calls, repeats)
                    rows.append((f"{n_outputs} {kind}", container, method, threads, *seen))
    return rows


def many_labels(repeats):
    """1000 rows x 500 labels."""
    models, _, X = fitted_models("labels", 500)
    calls = {name: partial(m.predict_proba, X[:1000]) for name, m in models.items()}
    rows = []
    for threads in LIMITS:
        with limited(threads):
            rows.append(("500 labels, 1000 rows", "alone", "predict_proba", threads))
            rows[-1] += ratios(calls, repeats, turns=TURNS)
    return rows


# --- Fits ----------------------------------------------------------------------------------


def threshold_ratio(repeats):
    """The time to choose the thresholds of 100 labels, as a multiple of that of its fits."""
    X, Y = make_multilabel_classification(2000, N_FEATURES, n_classes=100, random_state=0)
    model = SigmoidMLPClassifier((20,), alpha=1.0, max_iter=50, random_state=0)
    tuned = TunedThresholdsClassifierCV(model)

    def fits():
        for rows, _ in KFold(5).split(X):
            clone(model).fit(X[rows], Y[rows])
        clone(model).fit(X, Y)

    times = median_times({"tuned": partial(tuned.fit, X, Y), "fits": fits}, repeats)
    return times["tuned"] / times["fits"]


def search_ratios(repeats):
    """The time of 100 fits on iris as multiples of MLPClassifier's, with a number as alpha and not.

    `alpha="auto"` is compared with the default of MLPClassifier.
    """
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    seeds = {"random_state": range(5)}
    grids = {
        "alpha of 0.01 to 10": {"alpha": [0.01, 0.1, 1.0, 10.0], **seeds},
        "default alpha": {"hidden_layer_sizes": [(5,), (10,), (20,), (10, 10)], **seeds},
    }
    rows = []
    for name, grid in grids.items():
        models = {key: make((10,)) for key, make in OURS.items()}
        models["MLP"] = MLPClassifier((10,), solver="lbfgs")
        searches = {
            key: partial(GridSearchCV(model, grid, cv=5, refit=False).fit, X, y)
            for key, model in models.items()
        }
        with limited("one"):
            rows.append((f"100 fits on iris, {name}", "search", "fit", "one"))
            rows[-1] += ratios(searches, repeats)
    return rows


# --- Import --------------------------------------------------------------------------------


def import_ratio(repeats):
    modules = {"ours": "skneural", "theirs": "sklearn.neural_network"}
    # Bytecode is written at the first import, as for an installed package.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    run = partial(subprocess.run, check=True, env=environment)
    calls = {
        name: partial(run, [sys.executable, "-c", f"import {module}"])
        for name, module in modules.items()
    }
    times = median_times(calls, repeats)
    return times["ours"] / times["theirs"]


# --- Report --------------------------------------------------------------------------------


def report(rows, n_one, thresholds, imported):
    """Markdown: targets, and the table of all ratios."""
    targets = [
        target(
            f"One row, {method}, slowest of {name}",
            f"at most {MOST_FOR_A_ROW}",
            worst := max(row[5 + i] for row in rows[:n_one] if row[2] == method),
            worst <= MOST_FOR_A_ROW,
            "{:.2f}",
        )
        for method in ("predict", "predict_proba")
        for i, name in enumerate(OURS)
    ]
    for row in rows[n_one:]:
        for i, name in enumerate(OURS):
            what = f"{row[0]}, {row[3]} thread{'s' if row[3] == 'default' else ''}, {name}"
            targets.append(target(what, "at most 1", row[5 + i], row[5 + i] <= 1, "{:.2f}"))
    targets += [
        target(
            "Thresholds of 100 labels, in own fits",
            f"at most {MOST_FOR_THRESHOLDS}",
            thresholds,
            thresholds <= MOST_FOR_THRESHOLDS,
            "{:.2f}",
        ),
        target(
            "Import, in imports of sklearn.neural_network",
            f"at most {MOST_FOR_IMPORT}",
            imported,
            imported <= MOST_FOR_IMPORT,
            "{:.2f}",
        ),
    ]
    header = ["work", "", "method", "threads", "MLP, ms", *OURS]
    cells = [(*row[:4], f"{1e3 * row[4]:.3g}", *(f"{x:.2f}" for x in row[5:])) for row in rows]
    return (
        "# Tiny work\n\nBy `benchmarks/tiny_work.py`: times as multiples of MLPClassifier's, where "
        "nothing else is named; a softmax has two units for each label, MLPClassifier one.\n\n"
        f"{table(TARGET_HEADER, targets)}\n\n{table(header, cells)}\n\n{machine()}\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few repeats; nothing is written")
    quick = parser.parse_args().quick
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        rows = one_row(20 if quick else 300)
        n_one = len(rows)
        rows += many_labels(5 if quick else 30)
        rows += search_ratios(1 if quick else 5)
        thresholds = threshold_ratio(1 if quick else 3)
    markdown = report(rows, n_one, thresholds, import_ratio(3 if quick else 15))
    print(markdown)
    if not quick:
        write("tiny_work", markdown)


if __name__ == "__main__":
    main()

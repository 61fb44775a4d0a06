"""How long does a default fit take from start to end on many rows, and how good is it then?

Run ``python benchmarks/end_to_end.py``. The data are Fashion-MNIST (from the Debian package
dataset-fashion-mnist, or else from OpenML; 60000 images to train on and 10000 to test) and covtype
(100000 random rows to train on and as many to test, standardised). README.md says how to get the
archive with covtype, which is left out without it. Features are in float32.

All have 100 ReLU units and decide themselves when to stop. MLPClassifier does so by its training
loss, and with ``early_stopping=True`` by a tenth of the rows; so does PyTorch, if it is
installed, whose Adam takes batches of 200 rows and stops 10 epochs after the best.
"""

import argparse
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _fashion import load_data
from _fits import timed_fit
from _multiflow import ARCHIVE, load_covtype
from _recording import torch
from _results import COLORS, TARGET_HEADER, machine, table, target, write
from _torch_classifier import TorchAdamClassifier
from matplotlib.ticker import LogLocator
from sklearn.neural_network import MLPClassifier

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

COVTYPE = {"train_size": 100_000, "test_size": 100_000}
N_FEW = 2000  # of a trial
EARLY = "MLPClassifier early_stopping"
METHODS = {
    "SoftmaxMLP": SoftmaxMLPClassifier,
    "SigmoidMLP": SigmoidMLPClassifier,
    EARLY: partial(MLPClassifier, early_stopping=True),
    "MLPClassifier": MLPClassifier,
}
WANTED = {"SoftmaxMLP": 0.305, "SigmoidMLP": 0.315}  # log loss on Fashion-MNIST
FASHION = "Fashion-MNIST"
STYLES = {
    "SoftmaxMLP": ("blue", "o"),
    "SigmoidMLP": ("orange", "X"),
    EARLY: ("green", "s"),
    "MLPClassifier": ("black", "v"),
    "PyTorch early stopping": ("red", "D"),
}


def make_methods():
    """Functions of `random_state`, by name."""
    if torch is None:
        print("PyTorch is left out: `pip install torch` would install it.")
        return METHODS
    return METHODS | {"PyTorch early stopping": TorchAdamClassifier}


def load_all(archive, seed):
    """Both sets by name."""
    sets = {FASHION: load_data(), "covtype": load_covtype(archive, seed, **COVTYPE)}
    return {name: data for name, data in sets.items() if data}


# --- Measurement ---------------------------------------------------------------------------


def evaluate(methods, data, seed, repeats):
    """Raw figures: a dict for each method and repeat; methods run in turn."""
    X, y, X_test, y_test = data
    for make in methods.values():
        timed_fit(make(random_state=0), X[:N_FEW], y[:N_FEW])  # what is done once, done before
    for repeat in range(repeats):
        for name, make in methods.items():
            classifier = make(random_state=100 * seed + repeat)
            figures = timed_fit(classifier, X, y)
            scores = _scores(classifier, X_test, y_test)
            shown = "  ".join(f"{key} {value:.4g}" for key, value in (scores | figures).items())
            print(f"    {name:28s} {shown}", flush=True)
            yield {"method": name, "repeat": repeat, **scores, **figures}


def _scores(classifier, X, y):
    P = np.asarray(classifier.predict_proba(X), np.float64)
    places = np.searchsorted(classifier.classes_, y)
    of_class = P[np.arange(len(y)), places] / P.sum(axis=1)
    smallest = np.finfo(np.float64).eps
    return {
        "log_loss": -np.log(np.maximum(of_class, smallest)).mean(),
        "accuracy": np.mean(P.argmax(axis=1) == places),
    }


def evaluate_all(sets, seed, repeats):
    """A DataFrame of the raw figures."""
    frames, methods = [], make_methods()
    for name, data in sets.items():
        print(f"{name}, {len(data[1])} rows to train on", flush=True)
        frame = pd.DataFrame(evaluate(methods, data, seed, repeats))
        frame.insert(0, "dataset", name)
        frames.append(frame)
    return pd.concat(frames)


# --- Report --------------------------------------------------------------------------------


def medians(raw):
    """Over repeats: a row for each set and method."""
    figures = ["seconds", "log_loss", "accuracy", "n_iter", "unconverged"]
    return raw.groupby(["dataset", "method"], sort=False)[figures].median()


def methods_table(raw, name):
    rows = []
    for method, row in medians(raw).loc[name].iterrows():
        warned = "yes" if row["unconverged"] else "no"
        figures = f"{row['log_loss']:.4f}", f"{100 * row['accuracy']:.2f}", f"{row['n_iter']:.0f}"
        rows.append((method, f"{row['seconds']:.1f}", *figures, warned))
    header = ["fit seconds", "log loss", "accuracy, %", "n_iter_", "ConvergenceWarning"]
    return table([name, *header], rows)


def targets_table(raw):
    figures = medians(raw).loc[FASHION]
    rows = []
    for ours, wanted in WANTED.items():
        loss = figures.loc[ours, "log_loss"]
        what = f"{FASHION}, {ours}: log loss"
        rows.append(target(what, f"<= {wanted:.3f}", loss, loss <= wanted, "{:.4f}"))
        share = figures.loc[ours, "seconds"] / figures.loc[EARLY, "seconds"]
        what = f"{FASHION}, {ours}: time / that of {EARLY}"
        rows.append(target(what, "<= 0.25", share, share <= 0.25))
    return table(TARGET_HEADER, rows)


def report(raw, sets, arguments):
    parts = [
        "# Default fits from start to end",
        f"By `benchmarks/end_to_end.py`: seed {arguments.seed}; fits of each method: "
        f"{arguments.repeats} (medians). Log loss and accuracy are of the test rows. Iterations of "
        "ours see all rows or a sample, those of others are epochs.",
        machine(),
        *(methods_table(raw, name) for name in sets),
        targets_table(raw),
        "![Log loss over seconds of fitting](end_to_end.png)",
    ]
    return "\n\n".join(parts) + "\n"


def plot(raw):
    """A panel for each set: log loss over seconds, a point for each method."""
    figures = medians(raw)
    names = raw["dataset"].unique()
    figure, panels = plt.subplots(
        len(names), figsize=(6.5, 4 * len(names)), layout="constrained", squeeze=False
    )
    for axes, name in zip(panels.flat, names, strict=True):
        for method, row in figures.loc[name].iterrows():
            color, marker = STYLES[method]
            style = {"color": COLORS[color], "markersize": 9, "label": method}
            axes.plot(row["seconds"], row["log_loss"], marker, **style)
        axes.set(title=f"{name}: lower left is better", xlabel="seconds of fitting")
        axes.set_ylabel("log loss on test rows")
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
        axes.margins(0.15)
        axes.grid(alpha=0.3)
    handles = panels.flat[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=2)
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="of rows and fits")
    parser.add_argument("--repeats", type=int, default=1, help="fits of each method")
    parser.add_argument("--covtype", default=ARCHIVE, metavar="FILE", help="archive with covtype")
    parser.add_argument("--quick", action="store_true", help="few rows; nothing is written")
    arguments = parser.parse_args()
    sets = load_all(arguments.covtype, arguments.seed)
    if arguments.quick:
        sets = {name: [part[:N_FEW] for part in data] for name, data in sets.items()}
    raw = evaluate_all(sets, arguments.seed, arguments.repeats)
    markdown = report(raw, sets, arguments)
    print(f"\n{markdown}")
    figure = plot(raw)
    if not arguments.quick:
        write("end_to_end", markdown, figure, raw)


if __name__ == "__main__":
    main()

"""How near to the best penalty do the defaults come, for several labels at once?

Run ``python benchmarks/several_labels.py``. Sets of 4 to 100 labels are made up from the seed:
correlated and independent, rare and common, linear and curved, clear and noisy. Genes of yeast
come with the package river (``pip install river``), moods of music with an archive; README.md says
how to get it. They are left out without it.

The oracle is SigmoidMLPClassifier with the penalty, of a grid, that has the lowest mean log loss
*on the unseen rows* of a set, over its splits: what a perfect choice of one penalty would reach.
All methods have default parameters, standardised features, and the same random splits. One
classifier per label takes the frequency of a label that is the same in all training rows, with
one row added for either value. BOOMER takes part if it is installed.
"""

import argparse
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _fits import timed_fit
from _label_sets import load_label_sets
from _multiflow import ARCHIVE
from _peers import PACKAGES, installed_boomer
from _results import COLORS, TARGET_HEADER, machine, table, target, write
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

ALPHAS = [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0]
OURS = ["SigmoidMLP", "SoftmaxMLP"]
ORACLE = "oracle"
QUICK = ["copies", "linear", "music"]
EDGE = 3  # of the plot: greater multiples are shown there
STYLES = {
    "SigmoidMLP": ("orange", "x"),
    "SoftmaxMLP": ("blue", "o"),
    "MLPClassifier": ("black", "v"),
    "LogisticRegression": ("purple", "^"),
    "HistGradientBoosting": ("green", "s"),
    "BOOMER": ("red", "D"),
}


class OnePerLabel:
    """A classifier for each column of the labels."""

    def __init__(self, make, random_state):
        self.make, self.random_state = make, random_state

    def fit(self, X, Y):
        self.shares = (Y.sum(axis=0) + 1) / (len(Y) + 2)
        self.fits = [
            self.make(random_state=self.random_state).fit(X, y) if np.ptp(y) else None for y in Y.T
        ]
        return self

    def predict_proba(self, X):
        columns = [
            fit.predict_proba(X)[:, 1] if fit else np.full(len(X), share)
            for fit, share in zip(self.fits, self.shares, strict=True)
        ]
        return np.column_stack(columns)


class Frequencies(OnePerLabel):
    """The share of each label in the training rows, whatever the features."""

    def fit(self, X, Y):
        self.shares, self.fits = Y.mean(axis=0), [None] * Y.shape[1]
        return self


def make_methods():
    """Functions of `random_state`, by name."""
    return {
        "SigmoidMLP": SigmoidMLPClassifier,
        "SoftmaxMLP": SoftmaxMLPClassifier,
        "MLPClassifier": MLPClassifier,
        "LogisticRegression": partial(OnePerLabel, LogisticRegression),
        "HistGradientBoosting": partial(OnePerLabel, HistGradientBoostingClassifier),
        **installed_boomer(),
        "frequencies": partial(Frequencies, None),
    }


# --- Measurement ---------------------------------------------------------------------------


def evaluate(makers, label_set, seed, n_splits):
    """Raw figures: a dict for each split and each pair of method and penalty."""
    X, Y, n_train = label_set
    for split in range(n_splits):
        random_state = 100 * seed + split
        X_train, X_test, Y_train, Y_test = train_test_split(
            X, Y, train_size=n_train, random_state=random_state
        )
        scaler = StandardScaler().fit(X_train)
        X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
        for (name, alpha), make in makers.items():
            classifier = make(random_state=random_state)
            figures = timed_fit(classifier, X_train, Y_train)
            scores = _scores(Y_test, classifier.predict_proba(X_test))
            yield {"split": split, "method": name, "alpha": alpha, **scores, **figures}


def _scores(Y, P):
    """Means over rows and labels."""
    smallest = np.finfo(np.float64).eps
    P = np.clip(np.asarray(P, np.float64), smallest, 1 - smallest)
    log_p = np.where(Y == 1, np.log(P), np.log1p(-P))
    return {"log_loss": -log_p.mean(), "hamming_accuracy": np.mean((P > 0.5) == Y)}


def evaluate_all(methods, sets, alphas, seed, n_splits):
    """Measure all sets, printing a line for each; return the raw figures as a DataFrame."""
    makers = {(name, None): make for name, make in methods.items()}
    for alpha in alphas:
        makers[ORACLE, alpha] = partial(SigmoidMLPClassifier, alpha=alpha)
    frames = []
    for name, label_set in sets.items():
        frame = pd.DataFrame(evaluate(makers, label_set, seed, n_splits))
        frame.insert(0, "dataset", name)
        frames.append(frame)
        shown = [f"{key} {loss:.4f}" for key, loss in losses(frame).loc[name].items()]
        print(f"{name:10s} log loss  {'  '.join(shown)}", flush=True)
    return pd.concat(frames)


# --- Report --------------------------------------------------------------------------------


def oracle_losses(raw):
    """Mean log loss of the oracle: a row per set, a column per penalty."""
    oracle = raw[raw["method"] == ORACLE]
    return oracle.pivot_table(index="dataset", columns="alpha", values="log_loss", sort=False)


def losses(raw):
    """Mean log loss: a row per set, a column per method, the oracle's last."""
    others = raw[raw["method"] != ORACLE]
    means = others.pivot_table(index="dataset", columns="method", values="log_loss", sort=False)
    return means.assign(**{ORACLE: oracle_losses(raw).min(axis=1)})


def ratios(raw):
    means = losses(raw)
    return means.drop(columns=ORACLE).div(means[ORACLE], axis=0)


def sets_table(raw, sets):
    means, alphas = losses(raw), oracle_losses(raw).idxmin(axis=1)
    rows = []
    for name, (X, Y, n_train) in sets.items():
        shares = Y.mean(axis=0)
        span = f"{shares.min():.0%} .. {shares.max():.0%}"
        figures = [f"{loss:.4f}" for loss in means.loc[name]]
        rows.append(
            (name, n_train, *X.shape[1:], *Y.shape[1:], span, *figures, f"{alphas[name]:g}")
        )
    kinds = ["rows", "features", "labels", "frequencies"]
    return table(["log loss", *kinds, *means.columns, "its alpha"], rows)


def ratios_table(raw):
    multiples = ratios(raw)
    summary = {"mean": multiples.mean(), "worst": multiples.max()}
    rows = [*multiples.iterrows(), *summary.items()]
    cells = [(name, *(f"{value:.3f}" for value in values)) for name, values in rows]
    return table(["log loss / the oracle's", *multiples.columns], cells)


def methods_table(raw):
    rows = []
    for name, frame in raw[raw["method"] != ORACLE].groupby("method", sort=False):
        accuracy = frame.groupby("dataset")["hamming_accuracy"].mean().mean()
        converged = (frame["unconverged"] == 0).mean()
        seconds = frame["seconds"].sum()
        rows.append((name, f"{accuracy:.2%}", f"{seconds:.1f}", f"{converged:.0%}"))
    header = ["", "labels right, at 0.5", "fit seconds", "fits without a ConvergenceWarning"]
    return table(header, rows)


def targets_table(raw):
    multiples = ratios(raw)
    rows = []
    for ours in OURS:
        mean, worst = multiples[ours].mean(), multiples[ours].max()
        what = f"{ours}: log loss / the oracle's"
        rows.append(target(f"{what}, mean over sets", "<= 1.02", mean, mean <= 1.02))
        rows.append(target(f"{what}, worst set", "<= 1.05", worst, worst <= 1.05))
    return table(TARGET_HEADER, rows)


def report(raw, sets, arguments):
    parts = [
        "# Several labels at once",
        f"By `benchmarks/several_labels.py`: {arguments.splits} random splits of each set, seed "
        f"{arguments.seed}.",
        machine(*PACKAGES["boomer"]),
        "Mean log loss per label on unseen rows, and of the oracle, the best penalty "
        "for these unseen rows:",
        ratios_table(raw),
        targets_table(raw),
        methods_table(raw),
        "![Log loss of each set, as a multiple of the oracle's](several_labels.png)",
        sets_table(raw, sets),
    ]
    return "\n\n".join(parts) + "\n"


def plot(raw):
    """Dots: log loss as a multiple of the oracle's."""
    multiples = ratios(raw)[::-1]
    figure, axes = plt.subplots(figsize=(6.5, 1.8 + 0.3 * len(multiples)), layout="constrained")
    places = np.arange(len(multiples))
    for name in reversed([name for name in STYLES if name in multiples]):
        color, marker = STYLES[name]
        shown = multiples[name].clip(None, EDGE)
        axes.plot(shown, places, marker, color=COLORS[color], label=name, alpha=0.85)
    axes.axvline(1, color="grey", linewidth=1)
    axes.set_xscale("log")
    axes.set_xticks(ticks := [0.8, 1, 1.2, 1.5, 2, 3], [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_yticks(places, multiples.index)
    axes.set_ylim(-0.7, len(multiples) - 0.3)
    axes.grid(alpha=0.3)
    axes.set_xlabel(
        "Log loss on unseen rows, as a multiple of that with the best penalty\n"
        f"(left is better; above {EDGE} at the edge)"
    )
    figure.suptitle(
        "With default parameters, the log loss of SoftmaxMLP is on average\n"
        f"{multiples['SoftmaxMLP'].mean():.3f} times that with the best penalty"
    )
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these sets only")
    parser.add_argument("--seed", type=int, default=0, help="of made-up sets, splits and fits")
    parser.add_argument("--splits", type=int, default=3, help="how many, of each set")
    parser.add_argument("--music", default=ARCHIVE, metavar="FILE", help="archive with music.csv")
    parser.add_argument("--quick", action="store_true", help="small sets; nothing is written")
    arguments = parser.parse_args()
    alphas, only = ALPHAS, arguments.only
    if arguments.quick:
        alphas, only, arguments.splits = ALPHAS[2::2], QUICK, 1
    sets = load_label_sets(arguments.seed, arguments.music)
    sets = {name: label_set for name, label_set in sets.items() if not only or name in only}
    raw = evaluate_all(make_methods(), sets, alphas, arguments.seed, arguments.splits)
    markdown = report(raw, sets, arguments)
    print(f"\n{markdown}")
    figure = plot(raw)
    if not arguments.quick:
        write("several_labels", markdown, figure, raw)


if __name__ == "__main__":
    main()

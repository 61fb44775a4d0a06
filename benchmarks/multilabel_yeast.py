"""How good are probabilities and decisions for 14 labels at once, on genes of yeast?

Run ``python benchmarks/multilabel_yeast.py``. The data of Elisseeff and Weston (NIPS 2001) have
2417 genes, 103 features of each, and 14 functions, of which a gene has several at the same
time. They come with the package river (``pip install river``), which is not imported. All
figures are of genes that were not trained on, in the same random splits for all.
"""

import warnings
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _results import COLORS, machine, table, write
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import f1_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier, TunedThresholdsClassifierCV

SEEDS = range(5)
MISSING = [0.0, 0.2, 0.4, 0.6, 0.8]
CLASSIFIERS = {
    "SigmoidMLP()": SigmoidMLPClassifier(),
    "SoftmaxMLP()": SoftmaxMLPClassifier(),
    "SigmoidMLP(early_stopping=True)": SigmoidMLPClassifier(early_stopping=True),
    "SigmoidMLP(alpha=100)": SigmoidMLPClassifier(alpha=100.0),
    "SigmoidMLP(hidden_layer_sizes=())": SigmoidMLPClassifier(hidden_layer_sizes=()),
    "MLPClassifier(early_stopping=True)": MLPClassifier(early_stopping=True),
    "MLPClassifier()": MLPClassifier(),
}


def load():
    """Features and labels of all genes."""
    river = find_spec("river")
    if river is None:
        raise SystemExit(
            "The data are a file of the package river: please run `pip install river`."
        )
    (folder,) = river.submodule_search_locations
    genes = pd.read_csv(Path(folder) / "datasets" / "yeast.csv.gz")
    return genes.filter(like="Att").to_numpy(), genes.filter(like="Class").to_numpy()


def split(X, Y, seed):
    """Features to train on and to test on, then labels."""
    return train_test_split(X, Y, test_size=0.3, random_state=seed)


def fitted(classifier, X, Y, seed):
    """The classifier behind a scaler; seeds are set, and stops at `max_iter` are no news here."""
    model = make_pipeline(StandardScaler(), classifier.set_params(random_state=seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, Y)


def mean_log_loss(Y, P):
    """Over the labels."""
    return np.mean([log_loss(y, p) for y, p in zip(Y.T, P.T, strict=True)])


def mean_and_deviation(values, form):
    """As text."""
    return f"{np.mean(values):{form}} ± {np.std(values, ddof=1):{form}}"


def compare_classifiers(X, Y):
    """Rows of a table: log loss, F1 and seconds of every classifier."""
    figures = {name: [] for name in CLASSIFIERS}
    for seed in SEEDS:
        X_train, X_test, Y_train, Y_test = split(X, Y, seed)
        for name, classifier in CLASSIFIERS.items():
            start = perf_counter()
            P = fitted(classifier, X_train, Y_train, seed).predict_proba(X_test)
            seconds = perf_counter() - start
            f1 = f1_score(Y_test, P > 0.5, average="macro", zero_division=0)
            figures[name].append((mean_log_loss(Y_test, P), f1, seconds))
        frequencies = np.broadcast_to(Y_train.mean(axis=0), Y_test.shape)
        figures.setdefault("frequencies of the labels", []).append(
            (mean_log_loss(Y_test, frequencies), 0.0, 0.0)
        )
    for name, values in figures.items():
        loss, f1, seconds = np.transpose(values)
        yield (
            name,
            mean_and_deviation(loss, ".3f"),
            mean_and_deviation(f1, ".3f"),
            f"{np.median(seconds):.1f}",
        )


def compare_thresholds(X, Y):
    """F1 of each label at 0.5 and at tuned thresholds, shape (2, n_seeds, n_labels)."""
    scores = np.empty((2, len(SEEDS), Y.shape[1]))
    for seed in SEEDS:
        X_train, X_test, Y_train, Y_test = split(X, Y, seed)
        network = SigmoidMLPClassifier(random_state=seed)
        tuned = TunedThresholdsClassifierCV(make_pipeline(StandardScaler(), network))
        tuned.fit(X_train, Y_train)
        decisions = tuned.predict_proba(X_test) > 0.5, tuned.predict(X_test)
        for place, decided in zip(scores, decisions, strict=True):
            place[seed] = f1_score(Y_test, decided, average=None, zero_division=0)
    return scores


def compare_unknown(X, Y):
    """Log loss where shares of the training labels are missing, shape (n_seeds, n_shares)."""
    losses = np.empty((len(SEEDS), len(MISSING)))
    network = SigmoidMLPClassifier(missing_labels="ignore")
    for seed in SEEDS:
        X_train, X_test, Y_train, Y_test = split(X, Y, seed)
        draws = np.random.default_rng(seed).uniform(size=Y_train.shape)
        for j, share in enumerate(MISSING):
            labels = np.where(draws < share, np.nan, Y_train)
            P = fitted(network, X_train, labels, seed).predict_proba(X_test)
            losses[seed, j] = mean_log_loss(Y_test, P)
    return losses


def draw(frequency, scores, losses):
    """F1 of each label, and log loss over the share of missing labels."""
    order = np.argsort(frequency)
    places = np.arange(len(order))
    figure, (upper, lower) = plt.subplots(2, figsize=(6.5, 7), layout="constrained")
    names, colors = ["threshold 0.5", "tuned threshold"], ["0.6", COLORS["blue"]]
    for shift, name, color, values in zip((-0.2, 0.2), names, colors, scores, strict=True):
        mean, deviation = values.mean(axis=0)[order], values.std(axis=0, ddof=1)[order]
        upper.bar(places + shift, mean, 0.4, yerr=deviation, color=color, label=name)
    upper.set(
        title="Tuned thresholds find more of the rare functions",
        xticks=places,
        xticklabels=[f"{share:.0%}" for share in frequency[order]],
        xlabel="function, by its share of the genes",
        ylabel="F1 on unseen genes",
    )
    upper.legend()
    lower.errorbar(MISSING, losses.mean(axis=0), losses.std(axis=0, ddof=1), fmt="o-")
    lower.set(xlabel="share of training labels missing", ylabel="log loss on unseen genes")
    lower.set_title("Missing labels cost little")
    return figure


def main():
    """Compare, print, and write tables and picture."""
    X, Y = load()
    parts = [
        "# Several labels: genes of yeast",
        f"By `benchmarks/multilabel_yeast.py`: means and standard deviations over {len(SEEDS)} "
        "random splits, 70 % to train on. Log loss and F1 are means over the 14 labels, on unseen "
        "genes; F1 at thresholds of 0.5; features standardised; 100 hidden units where not said "
        "otherwise.",
        machine(),
        table(["", "log loss", "F1", "s"], list(compare_classifiers(X, Y))),
    ]
    print("\n\n".join(parts), flush=True)
    scores, losses = compare_thresholds(X, Y), compare_unknown(X, Y)
    rows = [
        (name, mean_and_deviation(values.mean(axis=1), ".3f"))
        for name, values in zip(["threshold 0.5", "tuned thresholds"], scores, strict=True)
    ]
    parts += [
        "`TunedThresholdsClassifierCV` chooses a threshold for each label by cross-validation on "
        "the training rows:",
        table(["", "F1"], rows),
        'With `missing_labels="ignore"`, where some of the training labels are missing:',
        table(
            ["missing", "log loss"],
            [
                (f"{share:.0%}", mean_and_deviation(loss, ".3f"))
                for share, loss in zip(MISSING, losses.T, strict=True)
            ],
        ),
        "![F1 of each label, and log loss over the share of missing labels](multilabel_yeast.png)",
    ]
    print("", *parts[4:], sep="\n\n")
    write("multilabel_yeast", "\n\n".join(parts) + "\n", draw(Y.mean(axis=0), scores, losses))


if __name__ == "__main__":
    main()

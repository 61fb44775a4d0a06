"""How long do fits with very many features, classes or labels take, and how much memory?

Run ``python benchmarks/wide.py``. Three made-up sets, of which 20 % more rows are for testing:

- texts: 100000 of 20 topics, as tf-idf weights of nearly 100000 words, float32, sparse;
- classes: 20000 rows of 50 features and 5000 classes, each near a centre of its own;
- labels: 20000 rows of 200 features and 500 labels, true for 2 % of the rows on average.

Ours are fits with default parameters to their end; MLPClassifier has Adam and its defaults, until
it ends or `--budget` seconds are over. On the texts, there is also LogisticRegression by saga:
fits of 1, 2, 4, ... passes, each with a time of its own.

Each method runs in a process of its own, which prints what it saw. Weights are judged after each
iteration or epoch with the clock stopped: by accuracy, or for labels by the F1 score of all
labels together, and by the log loss, for labels their mean. Memory is the peak of the process
beyond what it held before the fit.
"""

import argparse
import json
import re
import warnings
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import scipy.sparse as sp
from _recording import (
    Reached,
    Recorder,
    cross_entropy,
    logits,
    train_ours,
    train_scikit_learn_adam,
)
from _results import in_a_fresh_process, machine, table, write
from scipy.special import log_expit, log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

SEED = 0
TEST_SHARE = 0.2  # of further rows
MOST_PASSES = 128  # of saga

# --- Data ----------------------------------------------------------------------------------


def texts(rng, n_rows=100_000, n_words=100_000, n_topics=20):
    """Words follow Zipf's law; 15 % come from 3000 words of the topic, 10 % from those of another.

    The other topic is not the label. For a tenth of the rows, the label is drawn anew.
    """
    n = int((1 + TEST_SHARE) * n_rows)
    y = rng.integers(n_topics, size=n)
    other = rng.integers(n_topics, size=n)
    own = np.array([rng.choice(n_words, 3000, replace=False) for _ in range(n_topics)])
    frequency = 1 / np.arange(10, n_words + 10)
    length = np.maximum(rng.lognormal(4, 0.5, n).astype(int), 5)
    row = np.repeat(np.arange(n), length)
    word = rng.choice(n_words, len(row), p=frequency / frequency.sum())
    kind = rng.choice(3, len(row), p=[0.75, 0.15, 0.1])
    for number, topic in ((1, y), (2, other)):
        at = kind == number
        word[at] = own[topic[row[at]], rng.integers(3000, size=at.sum())]
    counts = sp.csr_array((np.ones(len(row), np.float32), (row, word)), shape=(n, n_words))
    counts.sum_duplicates()
    counts = counts[:, counts[:n_rows].sum(axis=0) > 0]  # a word without a use has no weights
    noise = rng.uniform(size=n) < 0.1
    y[noise] = rng.integers(n_topics, size=noise.sum())
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts), y, n_rows


def classes(rng, n_rows=20_000, n_features=50, n_classes=5000):
    n = int((1 + TEST_SHARE) * n_rows)
    centres = rng.normal(size=(n_classes, n_features))
    y = rng.permutation(np.arange(n) % n_classes)
    X = centres[y] + 0.5 * rng.normal(size=(n, n_features))
    return X.astype(np.float32), y, n_rows


def labels(rng, n_rows=20_000, n_features=200, n_labels=500):
    """A label is true where a random unit of 30 on the features is large enough, with noise."""
    n = int((1 + TEST_SHARE) * n_rows)
    X = rng.normal(size=(n, n_features)).astype(np.float32)
    hidden = np.maximum(X @ rng.normal(size=(n_features, 30)) / np.sqrt(n_features), 0)
    z = hidden @ rng.normal(size=(30, n_labels)) + rng.logistic(size=(n, n_labels))
    return X, (z > np.quantile(z, 0.98, axis=0)).astype(int), n_rows


SETS = {"texts": texts, "classes": classes, "labels": labels}


# --- Methods -------------------------------------------------------------------------------


class Judge(Recorder):
    """Judges on test data in place of keeping weights, and ends the training after some seconds."""

    def __init__(self, X, y, budget):
        super().__init__()
        self.judged = []
        self._X, self._y, self._budget = X, y, budget

    def note(self, layers, loss=np.inf):
        super().note(layers, loss)
        now = perf_counter()
        self.points = self.points[-1:]
        self.judged.append(score_and_loss(self._y, logits(self.points[-1], self._X)))
        self._start += perf_counter() - now
        if self.seconds[-1] > self._budget:
            raise Reached


def score_and_loss(y, z):
    """Score and log loss of predictions, from logits."""
    if y.ndim == 2:
        score = f1_score(y, z > 0, average="micro", zero_division=0)
        return score, -float(np.where(y, log_expit(z), log_expit(-z)).mean(dtype=np.float64))
    return float(np.mean(y == z.argmax(axis=1))), cross_entropy(log_softmax(z, axis=1), y)


def train_network(method, data, budget):
    """Seconds, scores and log losses of the iterates or epochs of a network."""
    X, y, X_test, y_test = data
    recorder = Judge(X_test, y_test, budget)
    with suppress(Reached):
        method(X, y, SEED, recorder)
    return recorder.seconds, recorder.judged


def train_saga(data, budget):
    """Seconds, scores and log losses of fits with more and more passes, each from the start."""
    X, y, X_test, y_test = data
    seconds, judged, n_passes = [], [], 1
    while sum(seconds) < budget and n_passes <= MOST_PASSES:
        model = LogisticRegression(solver="saga", max_iter=n_passes, random_state=SEED)
        start = perf_counter()
        model.fit(X, y)
        seconds.append(perf_counter() - start)
        judged.append(score_and_loss(y_test, model.decision_function(X_test)))
        n_passes *= 2
    return seconds, judged


SOFTMAX = partial(train_network, partial(train_ours, SoftmaxMLPClassifier))
SIGMOID = partial(train_network, partial(train_ours, SigmoidMLPClassifier))
ADAM = partial(train_network, partial(train_scikit_learn_adam, 200))
METHODS = {
    "texts": {"SoftmaxMLP": SOFTMAX, "MLPClassifier": ADAM, "LogisticRegression": train_saga},
    "classes": {"SoftmaxMLP": SOFTMAX, "MLPClassifier": ADAM},
    "labels": {"SigmoidMLP": SIGMOID, "MLPClassifier": ADAM},
}


def run_one(name, method, budget):
    """Train, and print seconds, scores with log losses, and the peak of memory in MB."""
    X, y, n_rows = SETS[name](np.random.default_rng(SEED))
    data = X[:n_rows], y[:n_rows], X[n_rows:], y[n_rows:]
    peak_memory()  # of making the data
    before = peak_memory()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        seconds, judged = METHODS[name][method](data, budget)
    print(json.dumps([seconds, judged, peak_memory() - before]))


def peak_memory():
    """The peak since the last call, in MB; Linux alone tells and forgets it."""
    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


# --- Report --------------------------------------------------------------------------------


def summary(name, runs):
    """A table of the methods; ours is the first."""
    rows = []
    (seconds, judged, _), *_ = runs.values()
    for method, (own_seconds, own_judged, memory) in runs.items():
        best = int(np.argmax([score for score, _ in own_judged]))
        score, loss = own_judged[best]
        reached = np.flatnonzero([ours >= score for ours, _ in judged])
        ratio = seconds[reached[0]] / own_seconds[best] if len(reached) else np.inf
        ours = "" if own_seconds is seconds else f"{ratio:.2f}"
        figures = f"{own_seconds[-1]:.0f}", f"{100 * score:.1f}", f"{own_seconds[best]:.0f}"
        rows.append((method, *figures, ours, f"{loss:.3f}", f"{memory:.0f}"))
    header = [name, "seconds", "best score, %", "after", "ours to it / its own"]
    return table([*header, "log loss then", "memory, MB"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", type=float, default=300, help="seconds of a training")
    parser.add_argument("--one", nargs=2, metavar=("SET", "METHOD"), help="print one training")
    arguments = parser.parse_args()
    if arguments.one:
        run_one(*arguments.one, arguments.budget)
        return
    tables = []
    for name, methods in METHODS.items():
        runs = {}
        for method in methods:
            options = "--budget", arguments.budget, "--one", name, method
            runs[method] = in_a_fresh_process(__file__, *options)
        tables.append(summary(name, runs))
        print(tables[-1], flush=True)
    parts = [
        "# Many features, classes or labels",
        f"By `benchmarks/wide.py`: default parameters, at most {arguments.budget:.0f} seconds. The "
        "score is the accuracy, or for labels the F1 score of all together; the log loss is that "
        "at the best score. Memory is that beyond the data.",
        machine(),
        *tables,
    ]
    write("wide", "\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()

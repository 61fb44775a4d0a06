"""
=======================
May targets be one-hot?
=======================

Better not: pass the labels themselves. Users of Keras often have one-hot rows, ``[0, 0, 0, 1, 0,
...]`` for a 3, and it is tempting to pass these to a classifier of scikit-learn. This page shows
what happens then, and what to pass instead.
"""

# %%
# Ten labels are not ten classes
# ------------------------------
# By scikit-learn's rules, a matrix of zeros and ones is a *multilabel indicator*: each column is a
# question of its own, and any number of them may be answered with yes. Both classifiers follow this
# rule, because the matrix does not show whether the columns exclude each other. If every row has
# exactly one label, and that is no chance, they warn.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.preprocessing import LabelBinarizer, StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

X, y = load_digits(return_X_y=True)
binarizer = LabelBinarizer()
Y = binarizer.fit_transform(y)
classifiers = {
    "softmax": SoftmaxMLPClassifier(random_state=0),
    "sigmoid": SigmoidMLPClassifier(random_state=0),
}

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    softmax = classifiers["softmax"].fit(X[:500] / 16, Y[:500])
print(f"y is {y[:3]}, Y is\n{Y[:3]}\n\n{caught[0].category.__name__}:\n{caught[0].message}\n")
print(f"units of the softmax network: {softmax.n_outputs_}, absent and present for each digit")

# %%
# How often is there no label, or more than one?
# ----------------------------------------------
# For ten random splits, we train on half of the digits, with labels and with one-hot rows, and
# predict the other half. A network that was fitted to one-hot rows can answer in two ways: by
# ``predict``, which is right only if all ten labels are right, and by the label with the largest of
# the ten probabilities.

rows = {(name, way): [] for name in classifiers for way in ("labels", "predict", "largest")}
n_labels = {name: np.zeros(3) for name in classifiers}
n_splits = 10
splitter = StratifiedShuffleSplit(n_splits, test_size=0.5, random_state=0)
for train, test in splitter.split(X, y):
    scaler = StandardScaler().fit(X[train])
    X_train, X_test = scaler.transform(X[train]), scaler.transform(X[test])
    for name, classifier in classifiers.items():
        rows[name, "labels"].append(classifier.fit(X_train, y[train]).score(X_test, y[test]))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Every row of y has exactly one label")
            classifier.fit(X_train, Y[train])
        present = classifier.predict(X_test)
        largest = classifier.predict_proba(X_test).argmax(axis=1)
        rows[name, "predict"].append((present == Y[test]).all(axis=1).mean())
        rows[name, "largest"].append((largest == y[test]).mean())
        n_labels[name] += np.bincount(present.sum(axis=1).clip(max=2), minlength=3)
print("network  fitted to: answer                         accuracy  against labels")
texts = {
    "labels": "labels: predict",
    "predict": "one-hot: predict, all ten right",
    "largest": "one-hot: largest of predict_proba",
}
for (name, way), values in rows.items():
    gain = np.subtract(values, rows[name, "labels"])
    error = gain.std(ddof=1) / np.sqrt(n_splits)
    print(f"{name}  {texts[way]:40s}  {np.mean(values):7.4f}  {gain.mean():+.4f} +- {error:.4f}")
for name, counts in n_labels.items():
    shares = ", ".join(f"{share:.1%}" for share in counts / counts.sum())
    print(f"{name}, one-hot: rows with no label, one, several: {shares}")

# %%
# The ten questions are independent. For some digits, all ten units are below 0.5, and for a few
# digits, two units are above. Such a row is wrong, whatever the digit is. If the network was fitted
# to labels, ``predict`` always names a class, and its best guess for these rows is often right.
#
# For sigmoids, only the answers differ. One-vs-rest units for ten classes and units for ten labels
# have the same loss. So with a number for ``alpha``, the fits are the same up to rounding, as the
# code below confirms. (The automatic penalty differs a little, because it is chosen on rows that
# are drawn by classes or by labels.) ``predict_proba`` divides by the sum if the columns are
# classes.
#
# For the softmax, the network itself differs: labels give ten units that compete, and one-hot rows
# give ten pairs that do not. The largest of the ten probabilities is as good an answer on these
# data. But the sigmoid network with labels does the same with half the units.

given_labels, given_rows = (SigmoidMLPClassifier(alpha=1.0, random_state=0) for _ in range(2))
given_labels.fit(X_train, y[train])
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Every row of y has exactly one label")
    given_rows.fit(X_train, Y[train])
pairs = zip(given_labels.coefs_, given_rows.coefs_, strict=True)
difference = max(abs(a - b).max() for a, b in pairs)
print(f"sigmoid: weights from labels and from one-hot rows differ by {difference:.0e} at most")

colors = {"softmax": "tab:blue", "sigmoid": "tab:orange"}
figure, (upper, lower) = plt.subplots(
    2, 1, figsize=(6, 6.5), height_ratios=[2, 3], layout="constrained"
)
for shift, (name, counts) in zip((-0.2, 0.2), n_labels.items(), strict=True):
    percent = 100 * counts[[0, 2]] / counts.sum()
    bars = upper.bar(np.arange(2) + shift, percent, 0.4, color=colors[name], label=name)
    upper.bar_label(bars, fmt="%.1f", fontsize="small")
upper.set_title("From one-hot rows, predict may name no class, or several", fontsize="medium")
upper.set(
    xticks=range(2),
    xticklabels=["no class", "two classes or more"],
    xlabel="what predict returns",
    ylabel="unseen digits (%)",
)
upper.margins(y=0.15)
upper.legend()
for place, ((name, _), values) in enumerate(reversed(rows.items())):
    errors = 100 * (1 - np.array(values))
    dots = lower.plot(errors, np.full(n_splits, place), "o", color=colors[name], alpha=0.35)
    mark = {"color": "black", "markersize": 16, "markeredgewidth": 2}
    line = lower.plot(errors.mean(), place, "|", **mark)
short = {"labels": "labels", "predict": "one-hot, predict", "largest": "one-hot, largest"}
lower.set_title("The largest probability is as good as labels", fontsize="medium")
lower.set(
    yticks=range(len(rows)),
    yticklabels=[f"{name}: {short[way]}" for name, way in reversed(rows)],
    xlabel="wrong unseen digits (%)",
    xlim=(0, None),
)
lower.legend([*dots, *line], ["one of ten splits", "their mean"], loc="center right")
lower.margins(y=0.12)

# %%
# What to pass
# ------------
# Pass labels: numbers, strings, or whatever they are. ``Y.argmax(axis=1)`` gets them
# back from one-hot rows, and so does the binarizer or encoder that made the rows.

assert np.array_equal(Y.argmax(axis=1), y)
assert np.array_equal(binarizer.inverse_transform(Y), y)

# %%
# Rows of class probabilities, for example from a teacher model or from several annotators, are
# passed with ``classes``. The columns are then classes that exclude each other. One-hot rows are
# the special case in which one probability is 1, so the network is the same as with labels.

hard, soft = (SoftmaxMLPClassifier(random_state=0) for _ in range(2))
hard.fit(X_train, y[train])
soft.fit(X_train, Y[train].astype(float), classes=np.arange(10))
equal = all(map(np.array_equal, hard.coefs_, soft.coefs_))
print(f"softmax: the same weights, bit by bit, from labels and from soft labels: {equal}")

plt.show()

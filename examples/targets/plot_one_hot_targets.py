"""
========================
May targets be one-hot?
========================

Keras wants labels as one-hot rows, ``[0, 0, 0, 1, 0, ...]`` for a 3, and it is tempting to
give the same to a classifier of scikit-learn. What happens then, and what should be passed?
"""

# %%
# Ten labels are not ten classes
# ------------------------------
# By scikit-learn's rules, a matrix of zeros and ones is a *multilabel indicator*: as many
# independent questions as there are columns, any number of which may be answered with yes. Both
# classifiers follow this rule. The matrix cannot tell whether the columns exclude each other. If
# every row has exactly one label, both classifiers warn that this may be meant.

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
print(f"y is {y[:3]}, Y is\n{Y[:3]}\n\n{caught[0].category.__name__}: {caught[0].message}\n")
print(f"units of the softmax network: {softmax.n_outputs_}, in pairs: absent and present")

# %%
# How often is there no label, or more than one?
# ----------------------------------------------
# We train on half of the digits, with labels and with one-hot rows, and predict the other half, for
# ten random splits. A network that was fitted to one-hot rows has two ways to answer: ``predict``,
# which is right if all ten labels are, and the label with the largest of the ten probabilities.

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
print("network  fitted to, and asked for                 accuracy    against labels")
texts = {
    "labels": "labels, predict",
    "predict": "one-hot, predict: all ten right",
    "largest": "one-hot, largest of predict_proba",
}
for (name, way), values in rows.items():
    gain = np.subtract(values, rows[name, "labels"])
    error = gain.std(ddof=1) / np.sqrt(n_splits)
    print(f"{name}  {texts[way]:40s}  {np.mean(values):7.4f}  {gain.mean():+.4f} +- {error:.4f}")
for name, counts in n_labels.items():
    shares = ", ".join(f"{share:.1%}" for share in counts / counts.sum())
    print(f"{name}, one-hot: rows with no label, one, several: {shares}")

# %%
# Nothing ties the ten questions together: for some digits all ten units are below 0.5, for a few
# two are above, and such a row is wrong whatever the digit is. If the network was fitted to labels,
# ``predict`` has to name a class, and its best guess for these rows is often right.
#
# For sigmoids this is the only difference. One-vs-rest units for ten classes and units for ten
# labels have the same loss. With a number for ``alpha`` the fits are therefore the same, to
# rounding, as the code below confirms; the automatic penalty is chosen on rows that are drawn by
# classes or by labels, so it differs a little. Otherwise only ``predict`` differs, and
# ``predict_proba``, which divides by the sum if the columns are classes.
#
# For the softmax, it is a different network: labels give ten units that compete, one-hot rows give
# ten pairs that do not. The largest of its ten probabilities is a good answer: on these data it is
# right as often, within the error. If you want this, the sigmoid network does it more simply, with
# labels and half the units.

given_labels, given_rows = (SigmoidMLPClassifier(alpha=1.0, random_state=0) for _ in range(2))
given_labels.fit(X_train, y[train])
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Every row of y has exactly one label")
    given_rows.fit(X_train, Y[train])
pairs = zip(given_labels.coefs_, given_rows.coefs_, strict=True)
difference = max(abs(a - b).max() for a, b in pairs)
print(f"sigmoid: weights from labels and from one-hot rows differ by {difference:.0e} at most")

colors = {"softmax": "tab:blue", "sigmoid": "tab:orange"}
figure, (left, right) = plt.subplots(2, 1, figsize=(7, 7), layout="constrained")
for shift, (name, counts) in zip((-0.2, 0.2), n_labels.items(), strict=True):
    percent = 100 * counts / counts.sum()
    bars = left.bar(np.arange(3) + shift, percent, 0.4, color=colors[name], label=name)
    left.bar_label(bars, fmt="%.1f", fontsize="small")
left.set(
    xticks=range(3),
    xticklabels=["none", "one", "two or more"],
    title="Fitted to one-hot rows, predict may return no class or several",
    xlabel="labels that predict returns for a digit",
    ylabel="unseen digits (%)",
    ylim=(0, 108),
)
left.legend()
for place, ((name, _), values) in enumerate(reversed(rows.items())):
    errors = 100 * (1 - np.array(values))
    dots = right.plot(errors, np.full(n_splits, place), "o", color=colors[name], alpha=0.35)
    mark = {"color": "black", "markersize": 16, "markeredgewidth": 2}
    line = right.plot(errors.mean(), place, "|", **mark)
short = {"labels": "fitted to labels", "predict": "one-hot, predict", "largest": "one-hot, largest"}
right.set(
    title="The largest probability is as good as labels, predict is not",
    yticks=range(len(rows)),
    yticklabels=[f"{name}: {short[way]}" for name, way in reversed(rows)],
    xlabel="unseen digits that are wrong (%)",
    xlim=(0, None),
)
right.legend([*dots, *line], ["one of ten splits", "their mean"], loc="center right")
right.margins(y=0.12)

# %%
# What to pass
# ------------
# Labels: numbers, strings, whatever they are. From one-hot rows they come back by
# ``Y.argmax(axis=1)``, or by the binarizer or encoder that made the rows.

assert np.array_equal(Y.argmax(axis=1), y)
assert np.array_equal(binarizer.inverse_transform(Y), y)

# %%
# If one-hot rows are a special case of rows of probabilities, for example from a teacher model or
# from several annotators, pass ``classes``: the columns are then classes that exclude each other.
# Rows of zeros and a one are labels, so the network is the same.

hard, soft = (SoftmaxMLPClassifier(random_state=0) for _ in range(2))
hard.fit(X_train, y[train])
soft.fit(X_train, Y[train].astype(float), classes=np.arange(10))
equal = all(map(np.array_equal, hard.coefs_, soft.coefs_))
print(f"softmax: the same weights, bit by bit, from labels and from soft targets: {equal}")

plt.show()

"""
=========================================
Several labels at once: which thresholds?
=========================================

An image may show several digits, or none. Each digit is a label, "is there one?", and a label is
predicted if its activation is above a threshold. Is 0.5 a good threshold, also for rare labels?
"""

# %%
# Up to three digits on a canvas
# ------------------------------
# A canvas of 16 x 16 pixels has 0 to 3 images from
# :func:`~sklearn.datasets.load_digits`, of the digits 0 to 5, in random quarters. Each digit is
# drawn 0.55 times as often as the one before, so fives are rare. A row of ``Y`` has a 1 for each
# digit that is there. Training and test canvases are made of different images. We repeat everything
# four times, to tell differences from chance.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score, hamming_loss, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import (
    ActivationsDisplay,
    SigmoidMLPClassifier,
    SoftmaxMLPClassifier,
    ThresholdDisplay,
    TunedThresholdsClassifierCV,
)

digits = load_digits(n_class=6)


def canvases(rows, n, rng):
    """Paste some of these digits on each of `n` canvases."""
    weights = 0.55 ** digits.target[rows]
    X, Y = np.zeros((n, 16, 16)), np.zeros((n, 6), dtype=int)
    for canvas, labels in zip(X, Y, strict=True):
        for quarter in rng.choice(4, rng.integers(4), replace=False):
            row = rng.choice(rows, p=weights / weights.sum())
            top, left = 8 * (quarter // 2), 8 * (quarter % 2)
            canvas[top : top + 8, left : left + 8] = digits.images[row]
            labels[digits.target[row]] = 1
    return X.reshape(n, -1), Y


def network(kind=SigmoidMLPClassifier, **parameters):
    """Make a network that scales the pixels first."""
    return make_pipeline(StandardScaler(), kind(random_state=0, **parameters))


draws = []
for seed in range(4):
    halves = train_test_split(
        range(len(digits.data)), test_size=0.5, stratify=digits.target, random_state=seed
    )
    rng = np.random.default_rng(seed)
    draws.append([*canvases(halves[0], 600, rng), *canvases(halves[1], 2000, rng)])
fits = [TunedThresholdsClassifierCV(network()).fit(X, Y) for X, Y, _, _ in draws]

(_, Y_train, X_test, Y_test), tuned = draws[0], fits[0]
print("canvases with each digit:", Y_train.sum(axis=0), "of", len(Y_train))
print("tuned thresholds:        ", tuned.thresholds_.round(2))

# %%
# One sigmoid for each label
# --------------------------
# The units are independent: any number of them may be near 1, or none. The sum of a row is the
# number of different digits that the network expects. Frames mark the digits that are there: none
# on the first canvas, and three on the last.

chosen = [np.flatnonzero(Y_test.sum(axis=1) == k)[i] for k in range(4) for i in (0, 1)][1:]
size = {"figsize": (6.5, 5), "width_ratios": [1, 9], "layout": "constrained"}
figure, (left, right) = plt.subplots(1, 2, **size)
figure.suptitle("Any number of sigmoids may be near 1\n(frames: digits on the canvas)")
framed = np.pad(X_test[chosen].reshape(-1, 16, 16), ((0, 0), (2, 2), (0, 0)))
left.imshow(framed.reshape(-1, 16), cmap="gray_r", aspect="auto")
left.hlines(20 * np.arange(1, 7) - 0.5, -0.5, 15.5, color="0.8")
left.set(xticks=[], yticks=[])
display = ActivationsDisplay.from_estimator(
    tuned.estimator_, X_test[chosen], Y_test[chosen], ax=right, colorbar=False
)
right.set(ylabel="digits on the canvas", xlabel="output unit")

# %%
# Tuned thresholds
# ----------------
# A threshold of 0.5 is right if a missed label costs as much as a false one, as in
# the Hamming loss. F1 is another aim: it does not reward a label that is rightly absent. If the
# probabilities are right, the best threshold for F1 is half of the F1 that it reaches. So it is
# almost 0.5 for an easy label, and lower for a hard one, as rare labels often are (Lipton, Elkan
# and Naryanaswamy, "Optimal thresholding of classifiers to maximize F1 measure", ECML PKDD 2014,
# `doi:10.1007/978-3-662-44851-9_15 <https://doi.org/10.1007/978-3-662-44851-9_15>`_).
#
# :class:`~skneural.TunedThresholdsClassifierCV` finds a threshold for each label by
# cross-validation within the training rows. :class:`~skneural.ThresholdDisplay` draws precision,
# recall and F1 of three labels on unseen canvases, and the thresholds that were chosen.

shown = [0, 3, 5]
figure, axes = plt.subplots(3, 1, figsize=(5, 7.5), sharex=True, layout="constrained")
figure.suptitle("The rarer a label, the more its threshold matters")
names = [f"digit {k}, on {Y_train[:, k].sum()} of {len(Y_train)} canvases" for k in shown]
proba, threshold = tuned.predict_proba(X_test)[:, shown], tuned.thresholds_[shown]
display = ThresholdDisplay.from_predictions(
    Y_test[:, shown], proba, threshold=threshold, label_names=names, ax=axes
)
for ax in axes[:2]:
    ax.set_xlabel("")

# %%
# Thresholds chosen on few canvases are not quite the best on others. Are they still better than
# 0.5?

scores, hamming = [], []
for (_, _, X_test, Y_test), tuned in zip(draws, fits, strict=True):
    decisions = tuned.predict_proba(X_test) > 0.5, tuned.predict(X_test)
    scores.append([f1_score(Y_test, d, average=None, zero_division=0) for d in decisions])
    hamming.append([hamming_loss(Y_test, d) for d in decisions])


def compare(name, old, new):
    """Print two means, their difference and its standard error, over the draws."""
    change = np.subtract(new, old)
    error = change.std(ddof=1) / np.sqrt(len(change))
    print(f"{name:22s} {np.mean(old):.3f} {np.mean(new):.3f}  {change.mean():+.4f} +- {error:.4f}")


scores, hamming = np.array(scores), np.array(hamming)
print("                       0.5   tuned  difference")
for name, part in (("F1, all", range(6)), ("F1, 0-2", range(3)), ("F1, 3-5", range(3, 6))):
    compare(name, *scores[:, :, part].mean(axis=2).T)
compare("Hamming loss", *hamming.T)

figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
names = ["threshold 0.5", "tuned threshold"]
for j, (name, color) in enumerate(zip(names, ("0.5", "tab:orange"), strict=True)):
    mean, error = scores[:, j].mean(axis=0), scores[:, j].std(axis=0, ddof=1) / np.sqrt(len(scores))
    ax.bar(np.arange(6) + 0.4 * j - 0.2, mean, 0.4, yerr=error, color=color, label=name)
ax.set(xticks=range(6), xlabel="label, from frequent to rare", ylabel="F1 on unseen canvases")
ax.set_title("Tuned thresholds help the rare labels (lines: standard error)", fontsize="medium")
ax.set_ylim(0, 1.2)
legend = ax.legend(loc="upper right", ncols=2)

# %%
# The F1 of the two rarest labels rises, that of the others hardly changes, and the Hamming loss
# does not fall. **Tune thresholds for the metric that matters to you.** The probabilities stay as
# they are, and so does the log loss. A threshold cannot replace what the network has not learned:
# it has seen too few of the rarest digit.
#
# A softmax, and missing labels
# -----------------------------
# :class:`~skneural.SoftmaxMLPClassifier` gives each label a softmax of two units, absent and
# present. This is the same idea with twice the units. If some labels are unknown, set them to NaN,
# and ``missing_labels="ignore"`` leaves them out of the loss. There are two other ways: to treat
# them as absent, which is wrong, or to leave out incomplete canvases, which leaves few.

measured = []
for (X_train, Y_train, X_test, Y_test), tuned in zip(draws, fits, strict=True):
    missing = np.random.default_rng(0).uniform(size=Y_train.shape) < 0.3
    models = [
        tuned,
        network(SoftmaxMLPClassifier).fit(X_train, Y_train),
        network(missing_labels="ignore").fit(X_train, np.where(missing, np.nan, Y_train)),
        network().fit(X_train, np.where(missing, 0, Y_train)),
    ]
    measured.append([log_loss(Y_test.ravel(), m.predict_proba(X_test).ravel()) for m in models])
print(f"{(~missing.any(axis=1)).sum()} of {len(missing)} canvases have no missing label\n")
print("log loss per label     sigmoids other  difference")
sigmoids, *others = np.transpose(measured)
for name, losses in zip(("softmax", "30 % ignored", "30 % called absent"), others, strict=True):
    compare(name, sigmoids, losses)

# %%
# Pairs of units that compete do as well as single sigmoids. Without the 30 % of the labels that are
# missing, the log loss is a little higher. Treating them as absent costs several times as much,
# because the network then learns that all labels are rarer than they are.

plt.show()

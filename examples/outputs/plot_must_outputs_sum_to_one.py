"""
==========================
Must the outputs sum to 1?
==========================

A softmax gives away exactly 1, whatever it is shown. Sigmoids may all say no. What do the two
say of an image that is no digit, or two digits at once, or a digit that they were never taught?
And can such images be rejected by the largest activation?
"""

# %%
# Images of no class
# ------------------
# One digit is left out of the training, here the 7. Of the others, 60 % train the network; half
# of the rest will tell how sure networks are of digits, and the other half, with all images of
# the digit that was left out, is for testing. From the digits for testing, four kinds of images
# are made that are none: the mean of two different digits, pixel by pixel; the brighter of
# their pixels; the pixels of a digit in random order; and random pixels.

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import t as student
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import ActivationsDisplay, SigmoidMLPClassifier, SoftmaxMLPClassifier

X, y = load_digits(return_X_y=True)
outputs = {"softmax": SoftmaxMLPClassifier, "sigmoid": SigmoidMLPClassifier}
colors = {"softmax": "tab:blue", "sigmoid": "tab:orange", "nearest": "0.5"}


def split(left_out):
    known = np.flatnonzero(y != left_out)
    train, rest = train_test_split(known, test_size=0.4, stratify=y[known], random_state=left_out)
    held_out, test = rest[::2], rest[1::2]
    rng = np.random.default_rng(left_out)
    a, b = rng.permutation(test), rng.permutation(test)
    a, b = a[y[a] != y[b]], b[y[a] != y[b]]
    kinds = {
        "digit": X[test],
        "digit left out": X[y == left_out],
        "mean of two": (X[a] + X[b]) / 2,
        "brighter of two": np.maximum(X[a], X[b]),
        "shuffled pixels": rng.permuted(X[test], axis=1),
        "random pixels": rng.uniform(0, 16, (len(test), 64)),
    }
    return train, held_out, kinds


def fit(output, rows, seed):
    classifier = outputs[output](random_state=seed)
    return make_pipeline(StandardScaler(), classifier).fit(X[rows], y[rows])


train, _, kinds = split(left_out=7)
shown = np.concatenate([images[:2] for images in kinds.values()])
_, axes = plt.subplots(1, 3, figsize=(8, 5.6), width_ratios=[1, 9, 9], layout="constrained")
padded = np.pad(shown.reshape(-1, 8, 8), ((0, 0), (1, 1), (0, 0)), constant_values=np.nan)
axes[0].imshow(padded.reshape(-1, 8), cmap="gray_r", aspect="auto", extent=(0, 1, 11.5, -0.5))
axes[0].set(xticks=[], yticks=np.arange(0.5, 12, 2), yticklabels=kinds)
for ax, output in zip(axes[1:], outputs, strict=True):
    ActivationsDisplay.from_estimator(fit(output, train, 7), shown, ax=ax, colorbar=False)
    ax.set(title=output, ylabel="", yticks=[])

# %%
# A row is an image, a column a unit; sums are on the right. Of the two 7s, which they have never
# seen, nine sigmoids say nearly nothing, and the softmax calls them a 9 and a 4. It cannot say
# "none"; "some of each" is all that it has for doubt. Sigmoids can say none, but need not: pixels
# in random places are far from all that was trained on, and there either output may be as sure
# as of a digit.
#
# Rejecting by the largest activation
# -----------------------------------
# How often, then? Each of the ten digits is left out once. An image is rejected if its largest
# activation is low:
#
# - below 0.5, "no unit says yes", which needs no data to be chosen;
# - below the threshold under which 5 % of the digits held out are, for each output its own.
#
# The area under the ROC curve compares without a threshold: the probability that a digit has a
# larger activation than an image of no class. For comparison there is a score that asks no
# network: the distance to the nearest image of the training set (of which no 0.5 can be asked).

results = {}
for left_out in range(10):
    train, held_out, kinds = split(left_out)
    scores = {"nearest": lambda images, train=train: -cdist(images, X[train]).min(axis=1)}
    for output in outputs:
        model = fit(output, train, left_out)
        scores[output] = lambda images, model=model: (
            model[-1].predict_activations(model[:-1].transform(images)).max(axis=1)
        )
    for name, score in scores.items():
        threshold = np.quantile(score(X[held_out]), 0.05)
        of_digits = score(kinds["digit"])
        for kind, images in kinds.items():
            values = score(images)
            is_digit = np.repeat([1, 0], [len(of_digits), len(values)])
            auc = roc_auc_score(is_digit, np.concatenate([of_digits, values]))
            below = np.nan if name == "nearest" else (values < 0.5).mean()
            results.setdefault((kind, name), []).append([below, (values < threshold).mean(), auc])

half_width = student.ppf(0.975, 9) / np.sqrt(10)  # of 95 % intervals, in standard deviations
titles = ["below 0.5", "below its own threshold"]
_, axes = plt.subplots(1, 2, figsize=(8, 4.4), sharey=True, layout="constrained")
print("                           below 0.5       own threshold   ROC AUC")
for place, kind in enumerate(kinds):
    paired = np.subtract(results[kind, "sigmoid"], results[kind, "softmax"])
    rows = {name: np.array(results[kind, name]) for name in colors} | {"difference": paired}
    for number, (name, values) in enumerate(rows.items()):
        mean, half = values.mean(axis=0), half_width * values.std(axis=0, ddof=1)
        print(f"{kind:15s} {name:10s}", end="")
        print(*[f"{m:6.3f} +- {h:5.3f}" for m, h in zip(mean, half, strict=True)])
        for column, ax in enumerate(axes if name in colors else []):
            style = {"fmt": "o", "color": colors[name], "label": name if place == 0 else None}
            ax.errorbar(
                mean[column], place + 0.2 * (number - 1), xerr=half[column], capsize=3, **style
            )
for ax, title in zip(axes, titles, strict=True):
    ax.set(title=title, xlabel="share rejected", xlim=(-0.03, 1.03))
axes[0].set(yticks=range(6), yticklabels=kinds, ylim=(5.5, -0.5))
axes[0].legend(loc="lower right")
plt.show()

# %%
# Intervals are at 95 %, over the ten runs, which share images, so they are a little too short.
#
# - **At 0.5, sigmoids reject far more**: more than half of the digits left out and of the means of
#   two, against about an eighth for the softmax, at the cost of about 3 % of the digits.
# - **With thresholds of their own, that difference goes.** A softmax that is less sure than of most
#   digits can be rejected as well. What is left of the difference is within its interval.
# - **Neither recognises noise.** With 5 % of the digits, both reject no more than a quarter of the
#   noise, and are about as sure of it as of digits, or even surer (an area below 0.5). The distance
#   to the nearest image finds all of it, but fewer of the means of two: detecting what is new is a
#   task of its own.
#
# So the outputs need not sum to 1, and if they do not, "none of these" can be said, and read at
# 0.5. It is a good sign when all units say no; that one says yes is no proof of a digit.
#
# D. Hendrycks and K. Gimpel, "A baseline for detecting misclassified and out-of-distribution
# examples in neural networks", ICLR 2017. https://openreview.net/forum?id=Hkg4TI9xl

"""
==========================
Must the outputs sum to 1?
==========================

No: only those of a softmax must. They sum to exactly 1 for every image, while sigmoids may all be
near 0. What happens for an image that is no digit, or two digits at once, or a digit that was not
in the training data? And can such images be rejected by the largest activation?
"""

# %%
# Images of no class
# ------------------
# One digit is left out of the training, here the 7. Of the other digits, 60 % train the network, 20
# % are held out to choose a threshold, and 20 % are for testing. The test images are these digits,
# the digit that was left out, and four kinds of images that are no digit: the mean of two different
# digits, pixel by pixel; the brighter of their pixels; the pixels of a digit in random order; and
# random pixels.

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
names = {
    "softmax": "softmax",
    "sigmoid": "sigmoid",
    "nearest": "no network: distance to\nthe nearest training image",
}


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
shown = np.stack([images[0] for images in kinds.values()])
size = {"figsize": (6, 7), "width_ratios": [1, 9], "layout": "constrained"}
figure, axes = plt.subplots(2, 2, **size)
figure.suptitle("A softmax sums to 1, sigmoids need not")
strip = np.pad(shown.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)), constant_values=np.nan)
for (left, right), output in zip(axes, outputs, strict=True):
    left.imshow(strip.reshape(-1, 10), cmap="gray_r", aspect="auto", extent=(0, 1, 5.5, -0.5))
    left.set(xticks=[], yticks=range(6))
    left.set_yticklabels([kind.replace(" ", "\n", 1) for kind in kinds])
    ActivationsDisplay.from_estimator(fit(output, train, 7), shown, ax=right, colorbar=False)
    right.set(title=output, xlabel="output unit", ylabel="", yticks=[])

# %%
# A row is an image, and a column is a unit; the sums are at the right (dotted: 1). For the 7, which
# is not in the training data, all nine sigmoids are low, while the softmax has to choose another
# digit. A softmax cannot decline; it can only spread its activations. Sigmoids can decline, but do
# not always do so. Random pixels are far from the training data, and either output may be as sure
# of them as of a digit.
#
# Rejecting by the largest activation
# -----------------------------------
# Each of the ten digits is left out once. An image is rejected if its largest activation is below a
# threshold. There are two thresholds:
#
# - 0.5, which needs no data;
# - one that is chosen for each output, such that 5 % of the held-out digits are rejected.
#
# The area under the ROC curve (ROC AUC) needs no threshold. It is the probability that a digit has
# a larger activation than an image of no class. For comparison, "nearest" uses no network: it
# rejects an image if its distance to the nearest training image is large. (0.5 means nothing for a
# distance.)

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
titles = ["threshold 0.5", "threshold that rejects\n5 % of held-out digits"]
figure, axes = plt.subplots(1, 2, figsize=(6, 5.4), sharey=True, layout="constrained")
figure.suptitle("Sigmoids reject more at 0.5,\nbut not with a threshold from data")
print("                           below 0.5       5 % threshold   ROC AUC")
for place, kind in enumerate(kinds):
    paired = np.subtract(results[kind, "sigmoid"], results[kind, "softmax"])
    rows = {name: np.array(results[kind, name]) for name in colors} | {"difference": paired}
    for number, (name, values) in enumerate(rows.items()):
        mean, half = values.mean(axis=0), half_width * values.std(axis=0, ddof=1)
        print(f"{kind:15s} {name:10s}", end="")
        print(*[f"{m:6.3f} +- {h:5.3f}" for m, h in zip(mean, half, strict=True)])
        for column, ax in enumerate(axes if name in colors else []):
            style = {
                "fmt": "o",
                "color": colors[name],
                "label": names[name] if place == 0 else None,
            }
            ax.errorbar(
                mean[column], place + 0.2 * (number - 1), xerr=half[column], capsize=3, **style
            )
for ax, title in zip(axes, titles, strict=True):
    ax.set_title(title, fontsize="medium")
    ax.set(xlabel="share rejected", xlim=(-0.03, 1.03))
axes[0].set(yticks=range(6), ylim=(5.5, -0.5))
axes[0].set_yticklabels([kind.replace(" ", "\n", 1) for kind in kinds])
handles, labels = axes[1].get_legend_handles_labels()
figure.legend(handles, labels, loc="outside lower center", ncols=3)
plt.show()

# %%
# Intervals are at 95 %, over the ten runs. The runs share images, so the intervals are a little too
# short.
#
# - **At 0.5, sigmoids reject far more**: about half of the digits left out and of the means of two,
#   against an eighth for the softmax. They also reject about 2 % of the digits.
# - **With thresholds chosen from data, that difference is nearly gone.** For an image of no class,
#   the softmax is less sure than for most digits, so a higher threshold rejects it. For digits left
#   out and for blends of two, the sigmoids reject a few per cent more, about as much as the
#   intervals.
# - **Neither recognises noise.** At the price of 5 % of the digits, both reject no more than about
#   a quarter of it, the sigmoids even less than the softmax. They are about as sure of noise as of
#   digits, or surer (an area below 0.5). The distance to the nearest image finds all noise, but
#   fewer of the means of two. Detecting unknown inputs is a task of its own.
#
# So the outputs need not sum to 1. If they do not, they can express "none of these", and 0.5 is a
# natural threshold. But a unit near 1 does not prove that the image is a digit.
#
# D. Hendrycks and K. Gimpel, "A baseline for detecting misclassified and out-of-distribution
# examples in neural networks", ICLR 2017. https://openreview.net/forum?id=Hkg4TI9xl

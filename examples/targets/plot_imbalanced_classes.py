"""
===========================================
What does class_weight do for rare classes?
===========================================

One class has one row in twenty, and its recall is poor. ``class_weight="balanced"`` is the usual
answer. What does it change, what does it cost, and is there a way without fitting again?
"""

# %%
# Four treatments
# ---------------
# Three overlapping classes have about 80, 15 and 5 % of the rows. A class weight multiplies the
# losses of the rows of a class, so that the network sees the class as if it were more frequent. The
# first treatment uses no weights, the second sets them by a dict, and the third is "balanced",
# which gives all classes the same total weight.
#
# The fourth treatment leaves the network as it is, and changes how its probabilities are used. By
# Bayes' theorem, they are proportional to the frequencies of the classes. Divided by these, they
# are what they would be if all classes were equally frequent (Saerens, Latinne and Decaestecker,
# "Adjusting the outputs of a classifier to new a priori probabilities: a simple procedure", Neural
# Computation 14, 2002, `doi:10.1162/089976602753284446
# <https://doi.org/10.1162/089976602753284446>`_). Predict the class for which the result is
# largest.
#
# We train on ten separate samples of 1000 rows, and measure on 10000 other rows.

import matplotlib.pyplot as plt
import numpy as np
from sklearn import metrics
from sklearn.datasets import make_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import SoftmaxMLPClassifier

problem = {"n_features": 10, "n_informative": 6, "n_redundant": 0, "n_classes": 3, "flip_y": 0}
X, y = make_classification(20000, weights=[0.8, 0.15, 0.05], random_state=0, **problem)
X_test, y_test = X[10000:], y[10000:]


def probabilities(X, y, class_weight):
    """Probabilities of a fitted network for unseen rows, and the penalty that it chose."""
    classifier = SoftmaxMLPClassifier(class_weight=class_weight, random_state=0)
    model = make_pipeline(StandardScaler(), classifier).fit(X, y)
    return model.predict_proba(X_test), model[-1].alpha_[0]


def measure(p):
    """Scores of the probabilities, and of the decisions for the largest of them."""
    decided = p.argmax(axis=1)
    return [
        metrics.accuracy_score(y_test, decided),
        metrics.balanced_accuracy_score(y_test, decided),
        metrics.log_loss(y_test, p),
        p[:, 2].mean(),  # which should be the share of the rarest class
        *metrics.recall_score(y_test, decided, average=None),
        *metrics.precision_score(y_test, decided, average=None, zero_division=0),
    ]


treatments = ["no weights", "weights 1, 2, 5", "balanced weights", "divided by frequency"]
measured, alphas, decisions = [], [], {name: [] for name in treatments}
for X_train, y_train in zip(np.split(X[:10000], 10), np.split(y[:10000], 10), strict=True):
    frequency = np.bincount(y_train) / len(y_train)
    weights = [None, {0: 1, 1: 2, 2: 5}, "balanced"]
    fits = [probabilities(X_train, y_train, class_weight) for class_weight in weights]
    divided = fits[0][0] / frequency
    results = [p for p, _ in fits] + [divided / divided.sum(axis=1, keepdims=True)]
    measured.append([measure(p) for p in results])
    alphas.append([alpha for _, alpha in fits])
    for name, p in zip(treatments, results, strict=True):
        decisions[name].append(p.argmax(axis=1))
measured = np.array(measured)
means = measured.mean(axis=0)
errors = (measured - measured[:, :1]).std(axis=0, ddof=1) / np.sqrt(len(measured))

print(f"share of each class in the test data: {np.bincount(y_test) / len(y_test)}")
print("treatment                   accuracy       balanced accuracy  log loss      mean p(rarest)")
for name, mean, error in zip(treatments, means, errors, strict=True):
    parts = [f"{m:.3f} ({e:.3f})" for m, e in zip(mean[:3], error[:3], strict=True)]
    print(f"{name:26s}  {parts[0]}  {parts[1]}      {parts[2]}  {mean[3]:.3f}")
print("In brackets: standard error of the difference from no weights, over ten training samples.\n")
print("treatment                   recall of 0, 1, 2      precision of 0, 1, 2")
for name, mean in zip(treatments, means, strict=True):
    recall, precision = (" ".join(f"{m:.3f}" for m in part) for part in (mean[4:7], mean[7:]))
    print(f"{name:26s}  {recall:21s}  {precision}")
gain = measured[:, 3, 1] - measured[:, 2, 1]
error = gain.std(ddof=1) / np.sqrt(len(gain))
print(f"\nbalanced accuracy: divided minus balanced {gain.mean():+.3f} (error {error:.3f})")
alphas = np.mean(alphas, axis=0).round(1)
print(f"mean alpha_ of the first layer, for the three fits: {alphas}")

# %%
# Weights move decisions, and cost probabilities
# ----------------------------------------------
# The last three treatments find more rows of the rarest class, and mistake more of the other rows
# for it. Its recall goes up, its precision goes down, and fewer rows are right in total. In the
# picture, a row has the shares of a true class, over all ten fits.

figure, axes = plt.subplots(2, 2, figsize=(6, 6), layout="constrained")
figure.suptitle("Weights find more of the rare class 2,\nand mistake more of class 0")
for ax, name in zip(axes.flat, treatments, strict=True):
    true, decided = np.tile(y_test, 10), np.concatenate(decisions[name])
    matrix = metrics.confusion_matrix(true, decided, normalize="true")
    metrics.ConfusionMatrixDisplay(matrix).plot(
        ax=ax, cmap="Blues", values_format=".2f", im_kw={"vmin": 0, "vmax": 1}, colorbar=False
    )
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.set_title(name, fontsize="medium")

# %%
# A weighted network gives rare classes too much probability: the mean probability of the rarest
# class is above its share, and the log loss is worse. The same is true of the divided
# probabilities, but they are only for decisions, and the original ones are still there. **If you
# need probabilities, fit without weights.** If you need decisions, the division does what
# "balanced" is meant to do, without another fit, and better on these data.
#
# Why better? A heavy row counts as several rows, but it is one. A network learns less from a few
# heavy rows than from many light ones, so ``alpha="auto"`` chooses stronger penalties if there are
# weights. On other problems, the order may differ; a division is always cheap to try.

figure, axes = plt.subplots(1, 3, figsize=(6.5, 3.8), sharey=True, layout="constrained")
figure.suptitle("Dividing helps decisions as much as weights;\nno treatment helps probabilities")
colors = ["tab:blue", "0.5", "0.5", "tab:green"]
titles = ["accuracy\n(high is good)", "balanced accuracy\n(high is good)"]
titles += ["log loss\n(low is good)"]
for ax, title, values in zip(axes, titles, measured.transpose(2, 1, 0)[:3], strict=True):
    for place, (some, color) in enumerate(zip(values, colors, strict=True)):
        dots = ax.plot(some, np.full(len(some), place), "o", color=color, alpha=0.4)
        mark = {"color": "black", "markersize": 16, "markeredgewidth": 2}
        line = ax.plot(some.mean(), place, "|", **mark)
    ax.set_xlabel(title)
    ax.margins(y=0.15)
    ax.locator_params(axis="x", nbins=3)
axes[0].set_yticks(range(4), [name.replace(" ", "\n", 1) for name in treatments])
axes[0].invert_yaxis()
labels = ["one of ten training samples", "their mean"]
legend = figure.legend([*dots, *line], labels, loc="outside lower center", ncols=2)
legend.legend_handles[0].set_color("0.5")

# %%
# For two classes, :class:`~sklearn.model_selection.TunedThresholdClassifierCV` finds the threshold
# that suits a metric or a cost. For several labels at once, use
# :class:`~skneural.TunedThresholdsClassifierCV` (:ref:`example
# <sphx_glr_auto_examples_targets_plot_several_labels.py>`).

plt.show()

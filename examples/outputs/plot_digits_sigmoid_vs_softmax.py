"""
=============================
Sigmoid or softmax on digits?
=============================

Someone classifies digits with ten sigmoid outputs and gets 98 %, changes the output to a softmax
and gets 99 %. Is the softmax better? Not on these digits: over many random splits, neither output
is more accurate. This page trains the same network with both outputs, and compares first their
activations, and then their accuracy.
"""

# %%
# Both outputs, fitted on the same rows
# -------------------------------------
# The two classifiers differ in one word. The pixels are standardised first, which is a good habit
# for any neural network. ``predict_activations`` returns the activations of the ten output units.
# Softmax units compete, so their activations sum to 1. Sigmoid units answer ten separate questions,
# "is it a 0?", "is it a 1?", ..., and nothing makes their activations sum to 1. ``predict_proba``
# divides them by their sum, because probabilities of classes that exclude each other must sum to 1.

import sys

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import t as student
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

X, y = load_digits(return_X_y=True)
splits = list(StratifiedShuffleSplit(20, test_size=0.3, random_state=0).split(X, y))
outputs = {"softmax": SoftmaxMLPClassifier, "sigmoid": SigmoidMLPClassifier}
colors = {"softmax": "tab:blue", "sigmoid": "tab:orange"}


def fit_and_score(output, split, **settings):
    train, test = splits[split]
    classifier = outputs[output](random_state=split, **settings)
    model = make_pipeline(StandardScaler(), classifier).fit(X[train], y[train])
    accuracy = accuracy_score(y[test], model.predict(X[test]))
    return model, accuracy, log_loss(y[test], model.predict_proba(X[test]))


train, test = splits[0]
print(f"{len(train)} digits to train on, {len(test)} to test\n")
print("output   accuracy  log loss  sum of activations  iterations")
activations = {}
for output in outputs:
    model, accuracy, loss = fit_and_score(output, 0)
    activations[output] = model[-1].predict_activations(model[:-1].transform(X[test]))
    sums = activations[output].sum(axis=1)
    print(f"{output:7s}  {accuracy:8.4f}  {loss:8.4f}", end="")
    print(f"   {sums.min():6.3f} to {sums.max():6.3f}  {model[-1].n_iter_:10d}")

# %%
# The activations of four digits
# ------------------------------
# Most digits are easy, and both outputs are sure of them: one activation is near 1, and nine are
# near 0. Here are four others: the digit of which the softmax is least sure, and those for which
# the sigmoids sum to least and to most. A frame marks the true digit.

sums = activations["sigmoid"].sum(axis=1)
by_sum, unsure = np.argsort(sums), np.argsort(activations["softmax"].max(axis=1))
chosen = list(dict.fromkeys([unsure[0], *by_sum[:2], by_sum[-1], unsure[1]]))[:4]

picture, axes = plt.subplots(4, 2, figsize=(6, 7), width_ratios=[1, 4], layout="constrained")
picture.suptitle("Ten sigmoids can all be near 0; a softmax sums to 1")
axes[-1, 1].set_xlabel("output unit")
for (left, right), row in zip(axes, chosen, strict=True):
    truth = y[test[row]]
    left.imshow(X[test[row]].reshape(8, 8), cmap="gray_r")
    left.set(xticks=[], yticks=[], ylabel=f"a {truth}")
    for shift, (output, values) in zip((-0.2, 0.2), activations.items(), strict=True):
        right.bar(np.arange(10) + shift, values[row], 0.4, color=colors[output], label=output)
    right.axvspan(truth - 0.48, truth + 0.48, fill=False, edgecolor="0.3", label="true digit")
    right.set(xticks=range(10), ylim=(0, 1.05), ylabel="activation")
    right.set_title(f"the sigmoids sum to {sums[row]:.2f}", fontsize="medium")
picture.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=3)

# %%
# If no sigmoid recognises an image, all ten can be near 0. A softmax still has to distribute
# a total of 1.
#
# Which is better?
# ----------------
# One split cannot tell, because one percentage point of 540 test digits is five or
# six digits. So we fit both outputs on the same 20 random splits, and subtract their scores split
# by split, which removes what both have in common. We train in two ways: by default, with a penalty
# that is chosen from the training rows, and with hardly any penalty.
#
# The splits share most of their rows, so their differences depend on each other, and the usual
# standard error would be much too small. Nadeau and Bengio replace its factor :math:`1/J`, for
# :math:`J` splits, by :math:`1/J + n_\text{test}/n_\text{train}`. Intervals are at 95 %.

trainings = {"penalty chosen from the data": {}, "hardly any penalty": {"alpha": 0.01}}
n_splits = len(splits)
factor = student.ppf(0.975, n_splits - 1) * np.sqrt(1 / n_splits + len(test) / len(train))
advantages = {}  # of the sigmoid, for each split: in accuracy and in log loss
for name, settings in trainings.items():
    scores = {
        output: np.array([fit_and_score(output, j, **settings)[1:] for j in range(n_splits)])
        for output in outputs
    }
    advantages[name] = (scores["sigmoid"] - scores["softmax"]) * [100, -1]
    print("\n" + name)
    for output, values in scores.items():
        print(f"  {output}: accuracy {values[:, 0].mean():.4f}, log loss {values[:, 1].mean():.4f}")
    print("  advantage of the sigmoid, mean and interval (single splits):")
    for score, column in zip(("accuracy, points", "log loss"), advantages[name].T, strict=True):
        mean, half_width = column.mean(), factor * column.std(ddof=1)
        print(f"  {score}: {mean:.3f} +- {half_width:.3f}", end="")
        print(f" ({column.min():.3f} to {column.max():.3f})")

winners = {1: ("sigmoid better", "tab:orange"), -1: ("softmax better", "tab:blue")}
winners[0] = ("equal", "0.5")
xlabels = ["accuracy: points by which\nthe sigmoid is higher"]
xlabels += ["log loss: by how much\nthe sigmoid is lower"]
figure, axes = plt.subplots(1, 2, figsize=(6, 4.6), sharey=True, layout="constrained")
figure.suptitle("On a single split, either output may be more accurate")
for column, (ax, xlabel) in enumerate(zip(axes, xlabels, strict=True)):
    for place, values in enumerate(advantages.values()):
        values = values[:, column]
        heights = place + np.linspace(0.1, 0.35, n_splits)
        for sign, (label, color) in winners.items():
            who = np.sign(values) == sign
            ax.scatter(values[who], heights[who], color=color, s=18, label=label)
        half_width = factor * values.std(ddof=1)
        style = {"fmt": "D", "color": "black", "capsize": 4, "label": "mean, 95 % interval"}
        ax.errorbar(values.mean(), place, xerr=half_width, **style)
    ax.axvline(0, color="0.5", linewidth=1)
    ax.set_xlabel(xlabel)
    ax.locator_params(axis="x", nbins=4)
handles, labels = axes[0].get_legend_handles_labels()
legend = dict(zip(labels, handles, strict=True))  # each once
figure.legend(legend.values(), legend, loc="outside lower center", ncols=2)
names = [name.replace(" ", "\n", 2) for name in trainings]
axes[0].set(yticks=range(2), yticklabels=names, ylim=(1.6, -0.3))

if "sphinx_gallery" in sys.modules or plt.get_backend().lower() != "agg":
    plt.show()
else:  # there is no display
    picture.savefig("digits_sigmoid_vs_softmax.png", dpi=120)
    print("\nThe picture of the outputs is in digits_sigmoid_vs_softmax.png.")

# %%
# Each dot is one of the 20 splits. In both panels, the sigmoid is better to the right of the line,
# and the softmax to the left.
#
# - **98 % and 99 % on one split say little.** On single splits, either output may be ahead, by up
#   to about a point. No mean difference in accuracy exceeds its interval.
# - **The log losses differ by less than their intervals, too**, by default and with hardly any
#   penalty.
# - **The penalty matters more than the output.** With hardly any penalty, both log losses are
#   higher than by default.
# - **The loss matters more.** If your sigmoids are behind, check whether they are trained on
#   squared error (:ref:`sphx_glr_auto_examples_outputs_plot_squared_error.py`).
#
# So on these data, neither output is shown to be more accurate. Choose an output by what its
# activations have to mean (:ref:`sphx_glr_auto_examples_outputs_plot_must_outputs_sum_to_one.py`).
#
# C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine Learning 52, 2003.
# `doi:10.1023/A:1024068626366 <https://doi.org/10.1023/A:1024068626366>`_

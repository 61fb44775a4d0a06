"""
===================================
Which probabilities can be trusted?
===================================

A classifier is calibrated if 80 % of the rows to which it gives a class with probability 0.8 belong
to that class. Are softmax outputs calibrated? Are sigmoids, before and after they are divided by
their sum? And what makes the difference: the output, or how the network was trained?
"""

# %%
# Data with known probabilities
# -----------------------------
# Four classes have two clouds of points each, in eight dimensions, and the clouds overlap. Because
# the data are simulated, the true probabilities are known. No classifier can do better than these.
# We draw ten training sets of 800 rows, and 5000 rows for testing.

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import softmax as normalised_exp
from scipy.stats import t as student
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

centres = np.random.default_rng(0).normal(size=(8, 8))


def sample(n_rows, seed):
    rng = np.random.default_rng(seed)
    cloud = rng.integers(8, size=n_rows)
    X = centres[cloud] + rng.normal(size=(n_rows, 8))
    of_clouds = normalised_exp(-0.5 * ((X[:, None] - centres) ** 2).sum(axis=2), axis=1)
    return X, cloud % 4, of_clouds[:, :4] + of_clouds[:, 4:]


X_test, y_test, truth = sample(5000, seed=0)

# %%
# Two outputs, three ways to train
# --------------------------------
# The first way has hardly any penalty, ``alpha=0.001``, so the network can learn its training rows
# by heart. The second way calibrates this network afterwards:
# :class:`~sklearn.calibration.CalibratedClassifierCV` fits a curve to the logits of each class on
# held-out rows. The third way is the default, ``alpha="auto"``.
#
# For each row, we compare the largest probability with whether its class is the true one. The
# *expected calibration error* (Guo et al.) groups the rows into 15 bins of this probability. It is
# the mean gap between the probability and the share of right predictions. Because the sample is
# finite, it is above 0 even for the true probabilities. The log loss measures calibration, and also
# how well the classes are separated.


def bins(probabilities):
    """Rows, sum of their largest probabilities, and right predictions, in each of 15 bins."""
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == y_test
    number = np.minimum((15 * confidence).astype(int), 14)
    columns = (np.ones(len(y_test)), confidence, is_right)
    return np.array([np.bincount(number, weights=column, minlength=15) for column in columns])


def calibration_error(probabilities):
    _, confidence, right = bins(probabilities)
    return np.abs(confidence - right).sum() / len(y_test)


def scores(probabilities):
    is_right = probabilities.argmax(axis=1) == y_test
    return is_right.mean(), log_loss(y_test, probabilities), calibration_error(probabilities)


outputs = {"softmax": SoftmaxMLPClassifier, "sigmoid": SigmoidMLPClassifier}
titles = {
    "tiny": "hardly any penalty:\nfar too sure",
    "calibrated": "the same, calibrated:\ncloser, or too cautious",
    "auto": "automatic penalty:\nabout right",
}
predicted = {}
for seed in range(1, 11):
    X, y, _ = sample(800, seed)
    for output, make in outputs.items():
        tiny, auto = (
            make_pipeline(StandardScaler(), make(alpha=alpha, random_state=seed))
            for alpha in (0.001, "auto")
        )
        calibrated = CalibratedClassifierCV(tiny, cv=3, ensemble=False)
        for training, model in zip(titles, (tiny, calibrated, auto), strict=True):
            probabilities = model.fit(X, y).predict_proba(X_test)
            predicted.setdefault((training, output), []).append(probabilities)
            if output == "sigmoid" and model is not calibrated:
                activations = model[-1].predict_activations(model[:-1].transform(X_test))
                predicted.setdefault((training, "not divided"), []).append(activations)


def report(name, values):
    half_widths = student.ppf(0.975, 9) * np.std(values, axis=0, ddof=1) / np.sqrt(10)
    pairs = zip(np.mean(values, axis=0), half_widths, strict=True)
    print(f"{name:21s}", *[f" {mean:6.3f} +- {half:.3f}" for mean, half in pairs])


print("                        accuracy         log loss         calibration error")
report("true probabilities", [scores(truth)] * 10)
for training in titles:
    softmax, sigmoid = (np.array([*map(scores, predicted[training, output])]) for output in outputs)
    report(f"{training:10s} softmax", softmax)
    report(f"{training:10s} sigmoid", sigmoid)
    report(f"{training:10s} difference", sigmoid - softmax)
print("\ncalibration error       divided          not divided      difference")
for training in ("tiny", "auto"):
    both = [[*map(calibration_error, predicted[training, o])] for o in ("sigmoid", "not divided")]
    report(training, np.transpose([*both, np.subtract(*both)]))

# %%
# Reliability diagrams
# --------------------
# The picture shows the share of right predictions over the probability, for all ten runs together,
# in bins of at least 100 rows. Below the grey line, a network is overconfident.

colors = {"softmax": "tab:blue", "sigmoid": "tab:orange", "not divided": "tab:orange"}
labels = {"not divided": "sigmoid, not divided\nby the sum"}
limits = {"xlim": (0, 1.03), "ylim": (0, 1.03), "xticks": [0, 0.5, 1], "yticks": [0, 0.5, 1]}
figure, axes = plt.subplots(2, 2, figsize=(6, 6.2), layout="constrained")
figure.suptitle("A good penalty makes both outputs calibrated")
for ax, (training, title) in zip(axes.flat, titles.items(), strict=False):
    ax.plot([0, 1], [0, 1], color="0.5", linewidth=1, label="calibrated")
    for output, color in colors.items():
        if (training, output) in predicted:
            sums = sum(map(bins, predicted[training, output]))
            n_rows, confidence, right = sums[:, sums[0] >= 100]
            style = "--" if output == "not divided" else ".-"
            label = labels.get(output, output)
            ax.plot(confidence / n_rows, right / n_rows, style, color=color, label=label)
    ax.set(xlabel="largest probability", ylabel="share of right predictions", **limits)
    ax.set_title(title, fontsize="medium")
axes[1, 1].set_axis_off()
axes[1, 1].legend(*axes[0, 0].get_legend_handles_labels(), loc="center")
plt.show()

# %%
# Intervals are at 95 %, over the ten training sets; differences are sigmoid minus softmax.
#
# - **Training decides, not the output.** With hardly any penalty, both are far too sure: about one
#   in five rows with a probability near 1 is wrong. With ``alpha="auto"``, both come close to the
#   line, and accuracy and log loss come much closer to those of the true probabilities.
# - **Calibration afterwards repairs the probabilities, not the decisions.** The log loss falls to a
#   fraction. The sigmoids come near the line, and the softmax becomes underconfident. But the
#   accuracy stays as low as it was.
# - **Dividing sigmoids by their sum helps networks that are too sure.** With ``alpha="auto"``, it
#   helps less.
# - **Between the outputs there is little.** With ``alpha="auto"``, accuracies and calibration
#   errors are equal within their intervals. The log loss of the softmax is lower by about 0.01,
#   which is small compared with the effect of the penalty.
#
# C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks", ICML
# 2017. https://proceedings.mlr.press/v70/guo17a.html

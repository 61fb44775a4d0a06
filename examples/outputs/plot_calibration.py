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
# There are four classes, each with two overlapping clouds of points in eight dimensions. Because
# the data are simulated, the true probabilities are known, which no classifier can improve on. We
# draw ten training sets of 800 rows, and 5000 rows to test.

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
# by heart. The second repairs this network by :class:`~sklearn.calibration.CalibratedClassifierCV`,
# which fits a curve to the logits of each class on held-out rows. The third is the default,
# ``alpha="auto"``.
#
# For each row, we look at the largest probability, and whether its class is the true one. The
# expected calibration error (Guo et al.) sorts rows by this probability into 15 bins; it is the
# mean gap between the probability and the share of right rows. In a sample it is above 0 even for
# the true probabilities. The log loss measures calibration, and also how well the classes are
# separated.


def bins(probabilities):
    """The sums of rows, of largest probabilities and of right ones, in 15 bins."""
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
    "tiny": "Hardly any penalty",
    "mended": "The same, calibrated",
    "auto": "Automatic penalty",
}
said = {}
for seed in range(1, 11):
    X, y, _ = sample(800, seed)
    for output, make in outputs.items():
        tiny, auto = (
            make_pipeline(StandardScaler(), make(alpha=alpha, random_state=seed))
            for alpha in (0.001, "auto")
        )
        mended = CalibratedClassifierCV(tiny, cv=3, ensemble=False)
        for training, model in zip(titles, (tiny, mended, auto), strict=True):
            probabilities = model.fit(X, y).predict_proba(X_test)
            said.setdefault((training, output), []).append(probabilities)
            if output == "sigmoid" and model is not mended:
                activations = model[-1].predict_activations(model[:-1].transform(X_test))
                said.setdefault((training, "not divided"), []).append(activations)


def report(name, values):
    half_widths = student.ppf(0.975, 9) * np.std(values, axis=0, ddof=1) / np.sqrt(10)
    pairs = zip(np.mean(values, axis=0), half_widths, strict=True)
    print(f"{name:18s}", *[f" {mean:6.3f} +- {half:.3f}" for mean, half in pairs])


print("                     accuracy         log loss         calibration error")
report("true probabilities", [scores(truth)] * 10)
for training in titles:
    softmax, sigmoid = (np.array([*map(scores, said[training, output])]) for output in outputs)
    report(f"{training:6s} softmax", softmax)
    report(f"{training:6s} sigmoid", sigmoid)
    report(f"{training:6s} difference", sigmoid - softmax)
print("\ncalibration error    divided          not divided      difference")
for training in ("tiny", "auto"):
    both = [[*map(calibration_error, said[training, o])] for o in ("sigmoid", "not divided")]
    report(training, np.transpose([*both, np.subtract(*both)]))

# %%
# Reliability diagrams
# --------------------
# The share of right rows against the probability, for all ten runs together, in bins of at least
# 100 rows. Below the grey line a network is overconfident.

colors = {"softmax": "tab:blue", "sigmoid": "tab:orange", "not divided": "tab:orange"}
_, axes = plt.subplots(1, 3, figsize=(9, 3.5), sharex=True, sharey=True, layout="constrained")
for ax, (training, title) in zip(axes, titles.items(), strict=True):
    ax.plot([0, 1], [0, 1], color="0.5", linewidth=1, label="calibrated")
    for output, color in colors.items():
        if (training, output) in said:
            sums = sum(map(bins, said[training, output]))
            n_rows, confidence, right = sums[:, sums[0] >= 100]
            style = "--" if output == "not divided" else ".-"
            label = "sigmoid, not divided" if output == "not divided" else output
            ax.plot(confidence / n_rows, right / n_rows, style, color=color, label=label)
    ax.set(title=title, xlabel="largest probability")
axes[0].set_ylabel("share of right rows")
axes[0].legend(fontsize="small")
plt.show()

# %%
# Intervals are at 95 %, over the ten training sets; differences are sigmoid minus softmax.
#
# - **Training decides, not the output.** With hardly any penalty both are far too sure: about one
#   in five rows with a probability near 1 is wrong. With ``alpha="auto"`` both come close to the
#   line, and accuracy and log loss much nearer the best.
# - **Calibration afterwards repairs the probabilities, not the decisions.** The log loss falls to a
#   fraction. The sigmoids come near the line, and the softmax becomes underconfident. But the
#   accuracy stays as low as it was.
# - **Dividing sigmoids by their sum helps networks that are too sure.** With ``alpha="auto"`` it
#   leaves the calibration error as it is.
# - **Between the outputs there is little.** With ``alpha="auto"`` the log loss and the calibration
#   error of the softmax are about 0.01 lower: beyond the intervals, but small beside what the
#   penalty does. Their accuracies are equal.
#
# C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks", ICML
# 2017. https://proceedings.mlr.press/v70/guo17a.html

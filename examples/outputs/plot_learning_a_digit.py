"""
=============================================
How does a sigmoid network learn the digit 3?
=============================================

The label of an image is one number from 0 to 9, and the output of a network is ten numbers between
0 and 1. How are they compared, and what does the network change if they differ? Follow one image of
a 3 through the training of ten sigmoid units.
"""

# %%
# One label, ten targets
# ----------------------
# There is an output unit for each digit. A label is not a quantity; it names a unit. The target of
# that unit is 1, and the target of the nine others is 0.

# sphinx_gallery_thumbnail_number = 2
import warnings

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import logsumexp
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

layout = {"layout": "constrained"}
images, y = load_digits(return_X_y=True)
X = StandardScaler().fit_transform(images)
row = np.flatnonzero(y == 3)[11]
target = (np.arange(10) == y[row]).astype(float)
figure, (left, right) = plt.subplots(1, 2, figsize=(6, 2), width_ratios=[1, 3], **layout)
figure.suptitle("The label 3 stands for ten targets")
left.imshow(images[row].reshape(8, 8), cmap="gray_r")
left.set(xticks=[], yticks=[], xlabel=f"label {y[row]}")
right.bar(range(10), target, color="black")
right.set(xticks=range(10), xlabel="output unit", ylabel="target")
print("label", y[row], "with targets", target)

# %%
# A loss for each unit, and its error
# -----------------------------------
# Unit :math:`k` computes a logit :math:`z_k`, which may be any number, and the activation
# :math:`p_k = 1 / (1 + e^{-z_k})`. Its target :math:`t_k` is 0 or 1. Its *loss* is the binary
# cross-entropy: minus the logarithm of the probability that it gives to the target. The loss of the
# image is the sum over the ten units. A softmax, :math:`p_k = e^{z_k} / \sum_j e^{z_j}`, has one
# cross-entropy for all ten units:
#
# .. math::
#
#    \ell_\text{sigmoid} &= -\sum_k \left[ t_k \log p_k + (1 - t_k) \log(1 - p_k) \right] \\
#       &= \sum_k \left[ \log(1 + e^{z_k}) - t_k z_k \right] \\
#    \ell_\text{softmax} &= -\sum_k t_k \log p_k = \log \sum_k e^{z_k} - \sum_k t_k z_k
#
# Written in logits, the two losses look alike, and so do their derivatives. The derivative of the
# first term is the activation: :math:`e^{z_k} / (1 + e^{z_k})` for a sigmoid, and
# :math:`e^{z_k} / \sum_j e^{z_j}` for a softmax. That of the second term is the target. So for both
# outputs
#
# .. math::
#
#    \frac{\partial \ell}{\partial z_k} = p_k - t_k
#
# This is the *error* of a unit: by how much its activation is too large. Back-propagation starts
# from it. A unit that is sure and wrong has a large error, so it learns most.


def sigmoid_losses(logits):
    return np.logaddexp(0, logits) - target * logits  # of each unit


# %%
# Before training, and after some of it
# -------------------------------------
# To see the network after k iterations, we stop a fit there. With a number for ``alpha`` and no
# preconditioner, these are the first k iterations of a longer fit with the same seed. We silence
# the warning that the fit has not converged. With a huge ``tol``, a fit ends before its first
# iteration, at the random first weights.


def fit(make, k):
    stop = {"max_iter": k} if k > 0 else {"tol": 1e9}
    settings = {"alpha": 1.0, "preconditioner": None, "random_state": 0}
    classifier = make(**stop, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopped on purpose
        return classifier.fit(X, y)


print("iterations  activation 3  loss of the image  of unit 3")
figure, axes = plt.subplots(4, 3, figsize=(6.5, 6.5), sharex=True, sharey="col", **layout)
figure.suptitle("Errors raise unit 3 (grey) and lower the other nine")
for line, k in zip(axes, (0, 1, 3, 10), strict=True):
    classifier = fit(SigmoidMLPClassifier, k)
    activations = classifier.predict_activations(X[[row]])[0]
    losses = sigmoid_losses(classifier.decision_function(X[[row]])[0])
    print(f"{k:10d}  {activations[3]:12.3f}  {losses.sum():17.3f}  {losses[3]:13.3f}")
    for ax, values in zip(line, (activations, losses, activations - target), strict=True):
        ax.axvspan(2.5, 3.5, color="0.9")
        ax.bar(range(10), values, color="tab:orange")
        ax.axhline(0, color="0.5", linewidth=0.8)
    line[0].scatter(range(10), target, marker="_", s=110, linewidth=2, color="black", zorder=3)
    line[0].set_ylabel(f"{k} iteration{'' if k == 1 else 's'}")
titles = ["activation\n(line: target)", "loss of each unit", "error:\nactivation - target"]
for ax, title in zip(axes[0], titles, strict=True):
    ax.set_title(title, fontsize="medium")
for ax in axes[-1]:
    ax.set(xticks=range(0, 10, 3), xlabel="output unit")
print("3 are the first of 10:", fit(SigmoidMLPClassifier, 3).loss_ == classifier.loss_curve_[2])

# %%
# Before training, most of the loss comes from the nine units whose target is 0. The errors in the
# right column are propagated back through the network. The error of unit 3 is below 0, so its
# activation is raised. The other errors are above 0, so these activations are lowered. After ten
# iterations, unit 3 is near 1, and the others are near 0.
#
# Are the errors really the gradient? Change one logit a little, and see how the loss of the image
# changes:

step = 1e-5 * np.eye(10)
losses = [lambda z: sigmoid_losses(z).sum(), lambda z: logsumexp(z) - target @ z]
for make, loss in zip((SigmoidMLPClassifier, SoftmaxMLPClassifier), losses, strict=True):
    classifier = fit(make, 1)
    logits = classifier.decision_function(X[[row]])[0]
    measured = np.array([(loss(logits + h) - loss(logits - h)) / 2e-5 for h in step])
    gradient = classifier.predict_activations(X[[row]])[0] - target
    print(f"{make.__name__}: gaps of at most {np.abs(measured - gradient).max():.0e}")
    print("  change of the loss:  ", *measured.round(2))
    print("  activation - target: ", *gradient.round(2))

# %%
# The paths of all ten activations, for both outputs:

figure, axes = plt.subplots(1, 2, figsize=(6.5, 3.4), sharey=True, **layout)
figure.suptitle("Both outputs learn that the image is a 3")
colors = {SigmoidMLPClassifier: "tab:orange", SoftmaxMLPClassifier: "tab:blue"}
for ax, (make, color) in zip(axes, colors.items(), strict=True):
    path = np.array([fit(make, k).predict_activations(X[[row]])[0] for k in range(16)])
    others = ax.plot(np.delete(path, 3, axis=1), color="0.5", linewidth=1)
    others[0].set_label("other units, target 0")
    ax.plot(path[:, 3], color=color, linewidth=2.5, label="unit 3, target 1")
    ax.set(xlabel="iterations", xticks=range(0, 16, 5))
    ax.legend(loc="center right")
axes[0].set_title("sigmoids start near 1/2,\nand all fall at first", fontsize="medium")
axes[1].set_title("softmax units start near 1/10,\nand compete", fontsize="medium")
axes[0].set_ylabel("activation")
plt.show()

# %%
# Nine of ten targets are 0. So all sigmoids first learn to be low, unit 3 included, and then to
# tell digits apart. The activations of a softmax sum to 1 from the start, and what one unit gains,
# others lose. Each iteration lowers the mean loss of all images, but may raise that of a single
# image. Both outputs arrive at the same answer.
#
# J. S. Bridle, "Probabilistic interpretation of feedforward classification network outputs, with
# relationships to statistical pattern recognition", in: Neurocomputing, NATO ASI Series F 68,
# Springer, 1990. `doi:10.1007/978-3-642-76153-9_28 <https://doi.org/10.1007/978-3-642-76153-9_28>`_

"""
==================================
What does the preconditioner gain?
==================================

A solver such as L-BFGS sees a function of one long vector of weights, and nothing of layers or
data. What does it gain from the change of variables that ``preconditioner`` offers, and which
solver needs the fewest iterations?
"""

# %%
# A change of variables
# ---------------------
# The solver works on :math:`\phi`, where the weights are :math:`\theta = \theta_0 + T \phi`. It
# starts at :math:`\theta_0`, and :math:`T` is an invertible matrix, so every :math:`\theta` has
# its :math:`\phi`: the objective has the same values and the same minima. What changes is the
# shape of the valley, and with it the path: a good :math:`T` makes the curvature about the same
# in all directions. ``"kronecker"`` estimates the curvature of each layer from the second moments
# of its inputs and of the errors propagated back to its outputs, as K-FAC does (Martens and
# Grosse 2015); ``"diagonal"`` takes only their diagonals; ``None`` leaves the weights as they
# are. They are estimated anew at iterations 15, 30 and 45. Without hidden layers there is one
# minimum, and both find it, up to ``tol``.

import warnings
from time import process_time

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from skneural import LossCurveDisplay, SigmoidMLPClassifier, SoftmaxMLPClassifier

images, y = load_digits(return_X_y=True)
X = StandardScaler().fit_transform(images)
settings = {"activation": "tanh", "alpha": 1.0, "tol": 1e-8, "max_iter": 2000}
plain, kronecker = (
    SoftmaxMLPClassifier((), preconditioner=name, random_state=0, **settings).fit(X, y)
    for name in (None, "kronecker")
)
print(f"iterations: None {plain.n_iter_}, 'kronecker' {kronecker.n_iter_}")
print(f"largest difference of a weight: {abs(plain.coefs_[0] - kronecker.coefs_[0]).max():.0e}")

# %%
# With a hidden layer
# -------------------
# Now 100 hidden units, and five times the digits: each also moved by one pixel left, right, up
# and down. ``alpha`` is a number, so that all minimise the same function, and the rows are
# fewer than 10000, so that all iterations are on all of them. Seconds are those of the
# processor, spread evenly over a fit's iterations. (``"auto"`` is ``"kronecker"`` here.)

padded = np.pad(images.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
moves = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)]
moved = [np.roll(padded, move, axis=(1, 2))[:, 1:-1, 1:-1] for move in moves]
X_moved = StandardScaler().fit_transform(np.concatenate(moved).reshape(-1, 64))
y_moved = np.tile(y, len(moves))

figure, axes = plt.subplots(1, 2, figsize=(8, 4), sharey=True, layout="constrained")
print(f"{len(X_moved)} rows  seed  n_iter_  n_fev_  seconds     loss")
for seed in range(3):
    for name, color in ((None, "0.5"), ("diagonal", "tab:green"), ("kronecker", "tab:blue")):
        fit = SoftmaxMLPClassifier(preconditioner=name, random_state=seed, **settings)
        start = process_time()
        fit.set_params(tol=1e-4).fit(X_moved, y_moved)
        seconds, iterations = process_time() - start, np.arange(1, fit.n_iter_ + 1)
        line = {"color": color, "linewidth": 1, "label": repr(name) if seed == 0 else None}
        axes[0].plot(iterations, fit.loss_curve_, **line)
        axes[1].plot(iterations * seconds / fit.n_iter_, fit.loss_curve_, **line)
        counts = f"{fit.n_iter_:7d}  {fit.n_fev_:6d}  {seconds:7.2f}  {fit.loss_:.5f}"
        print(f"{name!s:9s}  {seed:4d}  {counts}")
axes[0].set(xlabel="iteration", ylabel="objective (training loss and penalty)", yscale="log")
axes[1].set(xlabel="seconds of the processor")
axes[1].legend(title="preconditioner")
plt.show()

# %%
# ``"kronecker"`` needs little more than half the iterations. Each costs more, so that in seconds
# the gain is smaller. ``"diagonal"`` gains nothing, as standardised pixels have equal variances
# already. All have converged, but not to the same loss: with hidden layers there are many
# minima, and another path may lead to another of them.
#
# The directions of small curvature hold most of the noise, and to make them equal to the others
# can make a network generalise worse (Wadia et al. 2021). So the curvature is damped, by about
# its mean, before it is inverted.
#
# One feature in another unit
# ---------------------------
# Of 30 standardised features, one is multiplied by 1000, as if it was in millimetres and the
# others in metres. For such small problems ``"auto"`` is no preconditioner, unless a feature's
# variance is more than 100 times the median, as here. We stop after 150 iterations on purpose, and
# ignore the warning that the fit has not converged.

X_cancer, y_cancer = load_breast_cancer(return_X_y=True)
X_cancer = StandardScaler().fit_transform(X_cancer)
X_uneven = X_cancer * np.where(np.arange(30) == 0, 1000, 1)
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for name, color in ((None, "0.5"), ("auto", "tab:blue")):
    fit = SigmoidMLPClassifier((20,), preconditioner=name, random_state=0, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit.set_params(max_iter=150).fit(X_uneven, y_cancer)
    LossCurveDisplay.from_estimator(fit, name=repr(name), ax=ax, color=color)

# %%
# With a preconditioner the loss is down after about 20 iterations; without, it is far above that
# after 150. Neither has converged: the gradient is measured in the units of the features, and
# the entries for that one are 1000 times as large. So scale the features all the same.
#
# Which solver?
# -------------
# All solvers minimise the same function, here to a high precision. "newton-cg", "trust-ncg" and
# "trust-krylov" use products with the Hessian as well, which are not counted among the
# evaluations and cost about as much as one each. Means of three seeds.

first_order = {"lbfgs": "-", "cg": "--", "bfgs": ":", "tnc": "-."}
second_order = {"newton-cg": "-", "trust-ncg": "--", "trust-krylov": ":"}
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
print("solver        preconditioner  n_iter_  n_fev_     loss   norm  seconds")
for solver, style in (first_order | second_order).items():
    for name, rows in ((None, []), ("kronecker", [])):
        for seed in range(3):
            fit = SigmoidMLPClassifier((5,), preconditioner=name, random_state=seed, **settings)
            start = process_time()
            fit.set_params(solver=solver, tol=1e-7).fit(X_cancer, y_cancer)
            seconds = process_time() - start
            rows.append([fit.n_iter_, fit.n_fev_, fit.loss_, fit.gradient_norm_, seconds])
        means = "{:7.0f}  {:6.0f}  {:.5f}  {:.0e}  {:7.3f}".format(*np.mean(rows, axis=0))
        print(f"{solver:12s}  {name!s:14s}  {means}")
    color = "tab:green" if solver in second_order else "0.5"
    ax.plot(range(1, fit.n_iter_ + 1), fit.gradient_norm_curve_, style, color=color, label=solver)
ax.set(xscale="log", yscale="log", xlabel="iteration", ylabel="gradient norm (largest entry)")
ax.legend(ncols=2)
plt.show()

# %%
# The picture has the last seed, with a preconditioner. In iterations the solvers with second
# derivatives win, near the minimum by far. But those hold many products with the Hessian: in
# seconds they are no better than L-BFGS (Liu and Nocedal 1989), the default. The preconditioner
# saves "lbfgs", "cg" and "bfgs" half of their iterations or more, "newton-cg" a quarter, the
# others next to none.
#
# * J. Martens and R. Grosse, "Optimizing neural networks with Kronecker-factored approximate
#   curvature", ICML 2015. https://proceedings.mlr.press/v37/martens15.html
# * D. C. Liu and J. Nocedal, "On the limited memory BFGS method for large scale optimization",
#   Mathematical Programming 45, 1989. `doi:10.1007/BF01589116
#   <https://doi.org/10.1007/BF01589116>`_
# * N. Wadia et al., "Whitening and second order optimization both make information in the dataset
#   unusable during training, and can reduce or prevent generalization", ICML 2021.
#   https://proceedings.mlr.press/v139/wadia21a.html

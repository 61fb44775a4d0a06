"""
==================================
What does the preconditioner gain?
==================================

A solver such as L-BFGS minimises a function of one long vector of weights, and ignores layers and
data. ``preconditioner`` changes its variables with the help of both. What does that gain? And which
solver is faster?
"""

# %%
# A change of variables
# ---------------------
# The solver works on :math:`\phi`, and the weights are :math:`\theta = \theta_0 + T \phi`, where
# :math:`\theta_0` are the weights at the start and :math:`T` is an invertible matrix. So the
# objective has the same values and the same minima. What changes is the shape of the valley, and
# with it the path: a good :math:`T` makes the curvature about the same in all directions.
#
# ``"kronecker"`` estimates the curvature of each layer from the second moments of its inputs and of
# the errors that are propagated back to its outputs, as K-FAC does (Martens and Grosse 2015).
# ``"diagonal"`` uses only the diagonals of these matrices, and ``None`` leaves the weights as they
# are. In a fit, the curvature is estimated several times, because it changes with the weights.
#
# The change of variables does not change the solution. Without hidden layers, every fit finds the
# same coefficients, up to ``tol``. (On such an easy problem, a preconditioner need not save
# iterations.)

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
difference = abs(plain.coefs_[0] - kronecker.coefs_[0]).max()
print(f"largest difference of a coefficient: {difference:.0e}")

# %%
# With a hidden layer
# -------------------
# Now with 100 hidden units, and five times as many digits: each image is also moved by one pixel
# left, right, up and down. ``alpha`` is a number, so that all fits minimise the same function, and
# there are fewer than 40000 rows, so that all iterations use all of them. Seconds are those of the
# processor, spread evenly over the iterations of a fit. (``"auto"`` is ``"kronecker"`` here.)

padded = np.pad(images.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
moves = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)]
moved = [np.roll(padded, move, axis=(1, 2))[:, 1:-1, 1:-1] for move in moves]
X_moved = StandardScaler().fit_transform(np.concatenate(moved).reshape(-1, 64))
y_moved = np.tile(y, len(moves))

figure, axes = plt.subplots(1, 2, figsize=(6, 4.2), sharey=True, layout="constrained")
print(f"{len(X_moved)} rows  seed  n_iter_  n_fev_  seconds     loss")
for seed in range(2):
    for name, color in ((None, "0.5"), ("diagonal", "tab:green"), ("kronecker", "tab:blue")):
        fit = SoftmaxMLPClassifier(preconditioner=name, random_state=seed, **settings)
        start = process_time()
        fit.set_params(tol=1e-4).fit(X_moved, y_moved)
        seconds, iterations = process_time() - start, np.arange(1, fit.n_iter_ + 1)
        line = {"color": color, "linewidth": 1, "label": str(name).lower() if seed == 0 else None}
        axes[0].plot(iterations, fit.loss_curve_, **line)
        axes[1].plot(iterations * seconds / fit.n_iter_, fit.loss_curve_, **line)
        counts = f"{fit.n_iter_:7d}  {fit.n_fev_:6d}  {seconds:7.2f}  {fit.loss_:.5f}"
        print(f"{name!s:9s}  {seed:4d}  {counts}")
figure.suptitle("The Kronecker preconditioner saves iterations and time")
axes[0].set(xlabel="iteration", ylabel="objective (training loss and penalty)", yscale="log")
axes[1].set(xlabel="processor seconds")
axes[1].legend(title="preconditioner\n(two starts each)")
plt.show()

# %%
# ``"kronecker"`` needs about half of the iterations. Each iteration costs more, so the gain in
# seconds is smaller. ``"diagonal"`` gains next to nothing, because standardised pixels have equal
# variances already. All fits have converged, but not to the same loss: with hidden layers there are
# many minima, and another path may lead to another minimum.
#
# Directions of small curvature hold most of the noise. Making them as easy as the others can make a
# network generalise worse (Wadia et al. 2021). So the curvature is damped by about its mean before
# it is inverted.
#
# One feature in another unit
# ---------------------------
# One of 30 standardised features is multiplied by 1000, as if it were in millimetres and the others
# in metres. For such small problems, ``"auto"`` uses no preconditioner unless the scales of the
# features differ by a factor of more than 10, as here, or a mean is far from 0. We stop after 150
# iterations on purpose, and ignore the warning that the fit has not converged.

X_cancer, y_cancer = load_breast_cancer(return_X_y=True)
X_cancer = StandardScaler().fit_transform(X_cancer)
X_uneven = X_cancer * np.where(np.arange(30) == 0, 1000, 1)
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
names = {None: "no preconditioner", "auto": 'preconditioner="auto"'}
for name, color in ((None, "0.5"), ("auto", "tab:blue")):
    fit = SigmoidMLPClassifier((20,), preconditioner=name, random_state=0, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit.set_params(max_iter=150).fit(X_uneven, y_cancer)
    display = LossCurveDisplay.from_estimator(fit, ax=ax, color=color)
    display.gradient_norm_ax_.remove()  # it jumps, and hides the losses
    display.line_.set_label(names[name])
ax.legend()
ax.set(title="Without a preconditioner, one large feature slows the fit", ylabel="objective")
ax.set(yscale="linear", ylim=(0, None))

# %%
# With a preconditioner, the objective is near its end after about 20 iterations. Without, it is
# still more than twice as large after 150. Neither fit has converged to ``tol``, because the
# gradient is measured in the units of the features, and the entries for the large feature are 1000
# times as large. So scale the features all the same.
#
# Which solver?
# -------------
# "lbfgs" (Liu and Nocedal 1989), the default, uses gradients. "newton-cg" also uses
# exact products with the Hessian. It makes fewer iterations, but each of them costs more. How many
# seconds does each take to reach a gradient of a given size? We try both without a hidden layer,
# where the objective is convex, and with a layer of 20 units (medians of three seeds).

tolerances = [1e-2, 1e-4, 1e-6, 1e-8]
solvers = {"lbfgs": "0.5", "newton-cg": "tab:green"}
preconditioners = {None: "-", "kronecker": "--"}
problems = {
    "no hidden layer": (),
    "20 hidden units": (20,),
}
figure, axes = plt.subplots(1, 2, figsize=(6, 4.8), sharey=True, layout="constrained")
figure.suptitle(
    "Without a hidden layer, newton-cg is the first to reach 1e-8;\n"
    "with one, lbfgs is the first to reach 1e-4",
    fontsize="medium",
)
print("                                     n_iter_         seconds")
print("hidden  solver     preconditioner  1e-4  1e-8    1e-4   1e-8")
for ax, (title, hidden) in zip(axes, problems.items(), strict=True):
    for solver, color in solvers.items():
        for name, style in preconditioners.items():
            seconds, iterations = np.empty((2, len(tolerances), 3))
            for i, tol in enumerate(tolerances):
                for seed in range(3):
                    fit = SigmoidMLPClassifier(hidden, "tanh", alpha=1e-3, solver=solver)
                    fit.set_params(preconditioner=name, tol=tol, max_iter=5000, random_state=seed)
                    start = process_time()
                    iterations[i, seed] = fit.fit(X_cancer, y_cancer).n_iter_
                    seconds[i, seed] = process_time() - start
            (_, n, _, most), (_, s, _, longest) = np.median([iterations, seconds], axis=2)
            counts = f"{n:4.0f}  {most:4.0f}  {s:6.3f}  {longest:5.3f}"
            print(f"{hidden!s:6s}  {solver:9s}  {name!s:14s}  {counts}")
            label = f"{solver}, {'preconditioned' if name else 'no preconditioner'}"
            ax.plot(tolerances, np.median(seconds, axis=1), style, color=color, label=label)
    ax.set(title=title, xscale="log", yscale="log", xlabel="gradient norm reached (tol)")
    ax.set_xticks([1e-2, 1e-4, 1e-6, 1e-8])
    ax.invert_xaxis()
axes[0].set(ylabel="processor seconds")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
plt.show()

# %%
# To reach 1e-8, Newton-CG needs dozens of iterations and L-BFGS needs hundreds. Without a hidden
# layer, both take about the same time to 1e-4, but Newton-CG is clearly the first to reach 1e-8.
# With a hidden layer, L-BFGS is the first to reach 1e-4, and neither is far ahead at 1e-8. The
# preconditioner saves L-BFGS a third of its iterations to 1e-8, or more. On so few rows, that gains
# little time, if any, and ``"auto"`` does without it.
#
# * J. Martens and R. Grosse, "Optimizing neural networks with Kronecker-factored approximate
#   curvature", ICML 2015. https://proceedings.mlr.press/v37/martens15.html
# * D. C. Liu and J. Nocedal, "On the limited memory BFGS method for large scale optimization",
#   Mathematical Programming 45, 1989. `doi:10.1007/BF01589116
#   <https://doi.org/10.1007/BF01589116>`_
# * N. Wadia et al., "Whitening and second order optimization both make information in the dataset
#   unusable during training, and can reduce or prevent generalization", ICML 2021.
#   https://proceedings.mlr.press/v139/wadia21a.html

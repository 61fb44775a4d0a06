"""
==================================
What does the preconditioner gain?
==================================

A solver such as L-BFGS minimises a function of one long vector of weights, and uses nothing about
layers or data. What does it gain from the change of variables that ``preconditioner`` makes, and
which solver is faster?
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
# are. They are estimated anew at iterations 8, 16 and 24. Without hidden layers there is one
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
# Now with 100 hidden units, and five times as many digits:
# each is also moved by one pixel left, right, up and down. ``alpha`` is a number, so that all
# minimise the same function, and the rows are fewer than 20000, so that all iterations are on all
# of them. Seconds are those of the processor, spread evenly over a fit's iterations. (``"auto"`` is
# ``"kronecker"`` here.)

padded = np.pad(images.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
moves = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)]
moved = [np.roll(padded, move, axis=(1, 2))[:, 1:-1, 1:-1] for move in moves]
X_moved = StandardScaler().fit_transform(np.concatenate(moved).reshape(-1, 64))
y_moved = np.tile(y, len(moves))

figure, axes = plt.subplots(1, 2, figsize=(8, 4), sharey=True, layout="constrained")
print(f"{len(X_moved)} rows  seed  n_iter_  n_fev_  seconds     loss")
for seed in range(2):
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
figure.suptitle("The Kronecker preconditioner needs fewest iterations (two random starts)")
axes[0].set(xlabel="iteration", ylabel="objective (training loss and penalty)", yscale="log")
axes[1].set(xlabel="processor seconds")
axes[1].legend(title="preconditioner")
plt.show()

# %%
# ``"kronecker"`` needs less than half of the iterations. Each costs more, so that in seconds
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
# One of 30 standardised features is multiplied by 1000, as if it was in millimetres and the others
# in metres. For such small problems ``"auto"`` is no preconditioner, unless the scales of the
# features differ by a factor of more than 10, as here, or a mean is far from 0. We stop after 150
# iterations on purpose, and ignore the warning that the fit has not converged.

X_cancer, y_cancer = load_breast_cancer(return_X_y=True)
X_cancer = StandardScaler().fit_transform(X_cancer)
X_uneven = X_cancer * np.where(np.arange(30) == 0, 1000, 1)
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
names = {None: "no preconditioner", "auto": 'preconditioner="auto"'}
for name, color in ((None, "0.5"), ("auto", "tab:blue")):
    fit = SigmoidMLPClassifier((20,), preconditioner=name, random_state=0, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit.set_params(max_iter=150).fit(X_uneven, y_cancer)
    display = LossCurveDisplay.from_estimator(fit, name=names[name], ax=ax, color=color)
    display.gradient_norm_ax_.remove()  # it jumps, and hides the losses
ax.legend()
ax.set_title("Without a preconditioner, one large feature slows everything down")

# %%
# With a preconditioner the loss is down after about 20 iterations; without, it is still about twice
# as large after 150. Neither has converged: the gradient is measured in the units of the features,
# and the entries for that one are 1000 times as large. So scale the features all the same.
#
# Which solver?
# -------------
# "lbfgs" (Liu and Nocedal 1989), the default, uses gradients. "newton-cg" uses exact products with
# the Hessian as well: it takes fewer iterations, each of which costs more. How many seconds do they
# take to a gradient of a given size? We try it without a hidden layer, where the objective is
# convex, and with one of 20 units. Medians of three seeds.

tolerances = [1e-2, 1e-4, 1e-6, 1e-8]
solvers = {"lbfgs": "0.5", "newton-cg": "tab:green"}
preconditioners = {None: "-", "kronecker": "--"}
problems = {
    "No hidden layer: newton-cg is\nfirst to a small gradient": (),
    "20 hidden units: lbfgs is\nfirst to a practical tolerance": (20,),
}
figure, axes = plt.subplots(1, 2, figsize=(8, 4), sharey=True, layout="constrained")
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
axes[0].set(ylabel="processor seconds")
axes[0].invert_xaxis()
axes[1].invert_xaxis()
axes[0].legend(fontsize="small")
plt.show()

# %%
# To 1e-8, Newton-CG takes dozens of iterations and L-BFGS hundreds. Without a hidden layer the two
# solvers take about the same time to 1e-4, but Newton-CG is clearly the first to reach 1e-8. With a
# hidden layer L-BFGS is the first to reach 1e-4, and neither is far ahead at 1e-8. The
# preconditioner saves L-BFGS about a third of its iterations to 1e-8. On so few rows that gains
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

"""
======================================
Is a softmax of two classes a sigmoid?
======================================

Yes. With two classes, ``SoftmaxMLPClassifier`` has two output units and ``SigmoidMLPClassifier``
has one, but they are the same model. This page shows it in formulas, by converting one network into
the other, and by fitting both. Only the penalty differs.
"""

# %%
# In formulas: one function
# -------------------------
# The probability that a softmax gives to class 1 is a sigmoid of the difference of its logits:
#
# .. math::
#
#    \frac{e^{z_1}}{e^{z_0} + e^{z_1}} = \frac{1}{1 + e^{-(z_1 - z_0)}}
#
# Its cross-entropy is the binary cross-entropy of that sigmoid. So both can express the same
# functions, and have the same loss. Only the penalty differs. Where one unit has the weights
# :math:`w`, two units have a difference of weights, :math:`w_1 - w_0 = w`. Their penalty is least
# for :math:`w_1 = -w_0 = w / 2`. Then it is :math:`\|w_0\|^2 + \|w_1\|^2 = \|w\|^2 / 2`, half that
# of the single unit. So without hidden layers, a softmax with twice the ``alpha`` is the same
# model.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)
settings = {"hidden_layer_sizes": (), "solver": "newton-cg", "tol": 1e-8, "random_state": 0}
sigmoid = SigmoidMLPClassifier(alpha=1.0, **settings).fit(X, y)
print("alpha of sigmoid  of softmax  largest difference of probabilities")
for alpha in (1.0, 2.0):
    softmax = SoftmaxMLPClassifier(alpha=alpha, **settings).fit(X, y)
    difference = np.abs(softmax.predict_proba(X) - sigmoid.predict_proba(X)).max()
    print(f"{1.0:16.1f}  {alpha:10.1f}  {difference:35.1e}")

print("\nthe weights of three features, alpha doubled")
print("  sigmoid                 ", sigmoid.coefs_[0][:3, 0].round(4))
print("  softmax, unit 1 - unit 0", np.diff(softmax.coefs_[0])[:3, 0].round(4))
print("  softmax, unit 1         ", softmax.coefs_[0][:3, 1].round(4))
print("  softmax, unit 0         ", softmax.coefs_[0][:3, 0].round(4))

# %%
# With hidden layers: convert one into the other
# ----------------------------------------------
# The formula holds for any logits, and so for any network. ``to_sklearn`` converts a fitted network
# to an :class:`~sklearn.neural_network.MLPClassifier`, which has a single sigmoid unit for two
# classes. Its logit is the difference of the logits of the two softmax units.

X, y = make_moons(200, noise=0.3, random_state=0)
X_test, y_test = make_moons(5000, noise=0.3, random_state=1)
softmax = SoftmaxMLPClassifier(random_state=0).fit(X, y)
converted = softmax.to_sklearn()
difference = np.abs(softmax.predict_proba(X_test) - converted.predict_proba(X_test)).max()
print("weights of the softmax        ", [coef.shape for coef in softmax.coefs_])
print("weights after the conversion  ", [coef.shape for coef in converted.coefs_])
print(f"largest difference of probabilities {difference:.1e}")

# %%
# Fitted separately: what still differs
# -------------------------------------
# Now both learn from the same 200 points, with default parameters. Two things differ. First, the
# penalty of the output layer: twice the ``alpha`` would not make up for it, because it would also
# double the penalty of the hidden layer. Second, the random first weights, of which a softmax has
# more. With hidden layers, the objective has many minima, and the first weights decide which one a
# fit reaches. So we fit each output from ten random starts.

makers = {"softmax": SoftmaxMLPClassifier, "sigmoid": SigmoidMLPClassifier}
colors = {"softmax": "tab:blue", "sigmoid": "tab:orange"}
contour = {"plot_method": "contour", "levels": [0.5], "response_method": "predict_proba"}
contour |= {"class_of_interest": 1, "xlabel": "feature 0", "ylabel": "feature 1"}
probabilities = {}
size = {"figsize": (6, 4), "sharex": True, "sharey": True, "layout": "constrained"}
figure, axes = plt.subplots(1, 2, **size)
figure.suptitle("Both outputs draw about the same boundary")
for ax, (name, make) in zip(axes, makers.items(), strict=True):
    fits = [make(random_state=seed).fit(X, y) for seed in range(10)]
    probabilities[name] = np.array([fitted.predict_proba(X_test)[:, 1] for fitted in fits])
    for fitted in fits:
        DecisionBoundaryDisplay.from_estimator(fitted, X, ax=ax, colors=colors[name], **contour)
    for label, fill in ((0, "1"), (1, "0.2")):
        style = {"color": fill, "s": 16, "edgecolor": "0.2", "linewidth": 0.6}
        ax.scatter(*X[y == label].T, label=f"class {label}", **style)
    ax.plot([], [], color=colors[name], label=f"{name}, ten starts")  # for the legend
    ax.legend(loc="lower right", fontsize="small")
    print(f"{name}: final losses", *[f"{fitted.loss_:.2f}" for fitted in fits])

for one, other in (("softmax", "softmax"), ("sigmoid", "sigmoid"), ("softmax", "sigmoid")):
    gaps = np.abs(probabilities[one][:, None] - probabilities[other]).mean(axis=2)
    gaps = np.median(gaps[np.triu_indices(10, 1)])  # of different starts
    print(f"{one} to {other}: median difference of probabilities {gaps:.3f}")

# %%
# The lines are the points of probability 0.5. Where there are data, they nearly coincide. A softmax
# differs from a sigmoid about as much as fits of the same output differ from each other. The final
# losses differ too, because starts lead to different minima, and each fit chooses its own penalty.
# So a single fit of each would not be a fair comparison. ``n_init=5`` makes five fits and keeps the
# best. With it, we fit both to ten other training sets:

losses = []
for seed in range(100, 110):
    X, y = make_moons(200, noise=0.3, random_state=seed)
    fits = [make(n_init=5, random_state=0).fit(X, y) for make in makers.values()]
    losses.append([log_loss(y_test, fitted.predict_proba(X_test)) for fitted in fits])
difference = np.diff(losses)
standard_error = difference.std(ddof=1) / np.sqrt(len(losses))
print("mean log loss of softmax and sigmoid:", np.mean(losses, axis=0).round(4))
print(f"sigmoid - softmax: {difference.mean():.4f}, standard error {standard_error:.4f}")
plt.show()

# %%
# The mean difference is small compared with the loss, and not much larger than its standard error.
# So for two classes, the outputs are one function with one loss, and only the penalty is counted
# differently. For three or more classes, they are different models
# (:ref:`sphx_glr_auto_examples_outputs_plot_digits_sigmoid_vs_softmax.py`).

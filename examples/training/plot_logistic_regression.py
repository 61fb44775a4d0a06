"""
=================================================
Without hidden layers: is it logistic regression?
=================================================

A network with ``hidden_layer_sizes=()`` multiplies the features by one matrix of
coefficients, adds intercepts, and applies its output. Is that the model, and does it have
the coefficients, of :class:`~sklearn.linear_model.LogisticRegression`? And what do
``alpha="auto"`` and a hidden layer add to it?
"""

# %%
# The same objective, up to a constant
# ------------------------------------
# With the sum :math:`S` of the sample weights, here the number of rows, our classifiers minimise
#
# .. math:: \frac{1}{S} \sum_i \ell(z_i, y_i) + \frac{\alpha}{2 S} \lVert W \rVert^2
#
# and LogisticRegression minimises :math:`C \sum_i \ell(z_i, y_i) + \frac{1}{2} \lVert W \rVert^2`.
# The second is the first times :math:`C S`, if :math:`\alpha = 1 / C`. Neither penalises
# intercepts. With the loss of a softmax it is *multinomial* logistic regression. With that of
# sigmoids, the outputs share no weight and their losses are added, so that it is a logistic
# regression for each class against the rest. The problem is convex, and the penalty makes
# the coefficients of the solution unique, so whoever solves it must find the same ones. (Only the
# intercepts of a softmax are not: adding a number to all of them changes no probability.)

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, StratifiedShuffleSplit, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

C = 0.1
X, y = load_digits(return_X_y=True)
X_scaled = StandardScaler().fit_transform(X)
logistic = LogisticRegression(C=C, tol=1e-9, max_iter=1000)
with threadpool_limits(1):  # threads do not pay for so few rows
    multinomial = logistic.fit(X_scaled, y).coef_.T
    one_vs_rest = OneVsRestClassifier(logistic).fit(X_scaled, y)
one_vs_rest = np.vstack([binary.coef_ for binary in one_vs_rest.estimators_]).T

print("largest difference of a coefficient, digits")
print("    tol   softmax, multinomial   sigmoid, one-vs-rest")
for tol in (1e-4, 1e-6, 1e-9):
    settings = {"hidden_layer_sizes": (), "alpha": 1 / C, "tol": tol, "random_state": 0}
    softmax = SoftmaxMLPClassifier(**settings).fit(X_scaled, y).coefs_[0]
    sigmoid = SigmoidMLPClassifier(**settings).fit(X_scaled, y).coefs_[0]
    differences = [abs(softmax - multinomial).max(), abs(sigmoid - one_vs_rest).max()]
    print(f"{tol:7.0e}   {differences[0]:20.1e}   {differences[1]:20.1e}")

# %%
# The tighter ``tol``, the smaller the difference: it comes from the solvers, not from the models.
# In the picture every point is a coefficient, of one pixel for one digit.

figure, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
for ax, ours, theirs, name, peer, color in (
    (axes[0], softmax, multinomial, "SoftmaxMLPClassifier", "multinomial", "tab:blue"),
    (axes[1], sigmoid, one_vs_rest, "SigmoidMLPClassifier", "one-vs-rest", "tab:orange"),
):
    ax.axline((0, 0), slope=1, color="0.5", linewidth=1)
    ax.plot(theirs.ravel(), ours.ravel(), ".", color=color, markersize=4)
    ax.set(xlabel=f"coefficient of LogisticRegression, {peer}", ylabel=f"of {name}", aspect=1)

# %%
# Two classes
# -----------
# For two classes, a sigmoid network has one output and LogisticRegression one row of coefficients,
# and they are equal. A softmax has two outputs, and only their *difference* counts. Each holds half
# of it, which costs half the penalty, so the softmax needs twice the ``alpha``.

X_two, y_two = load_breast_cancer(return_X_y=True)
X_two = StandardScaler().fit_transform(X_two)
with threadpool_limits(1):
    coef = logistic.fit(X_two, y_two).coef_[0]
sigmoid = SigmoidMLPClassifier(**settings).fit(X_two, y_two).coefs_[0][:, 0]
softmax = SoftmaxMLPClassifier(**settings | {"alpha": 2 / C}).fit(X_two, y_two).coefs_[0]
print("largest difference of a coefficient, breast cancer")
print(f"one sigmoid, alpha = 1 / C           {abs(sigmoid - coef).max():.1e}")
print(f"softmax of two units, alpha = 2 / C  {abs(softmax[:, 1] - softmax[:, 0] - coef).max():.1e}")

# %%
# Which penalty, and does a hidden layer help?
# --------------------------------------------
# ``C``, or ``alpha``, is commonly chosen by cross-validation. ``alpha="auto"`` finds one from
# the training rows in a single fit. Eight times, we train on 70 % of the digits and measure on
# the others, which no choice has used. We compare the model with the best ``alpha`` of a
# cross-validation on the training rows, the same model with ``"auto"``, and a network with a hidden
# layer, also with ``"auto"``.


def network(hidden_layer_sizes=(), alpha="auto"):
    classifier = SoftmaxMLPClassifier(hidden_layer_sizes, alpha=alpha, random_state=0)
    return make_pipeline(StandardScaler(), classifier)


alphas = 10.0 ** np.arange(-2, 1.1, 0.5)
grid = {"softmaxmlpclassifier__alpha": alphas}
models = {
    "cross-validated": GridSearchCV(network(), grid, scoring="neg_log_loss", cv=5),
    "auto": network(),
    "auto, 100 hidden units": network((100,)),
}
losses, accuracies, chosen = ({name: [] for name in models} for _ in range(3))
for train, test in StratifiedShuffleSplit(8, test_size=0.3, random_state=0).split(X, y):
    for name, model in models.items():
        model.fit(X[train], y[train])
        losses[name].append(log_loss(y[test], model.predict_proba(X[test])))
        accuracies[name].append(accuracy_score(y[test], model.predict(X[test])))
        chosen[name].append(getattr(model, "best_estimator_", model)[-1].alpha_)

print("mean of 8 splits        accuracy  log loss  minus first        alpha_")
for name in models:
    difference = np.subtract(losses[name], losses["cross-validated"])
    print(
        f"{name:22s}  {np.mean(accuracies[name]):8.4f}  {np.mean(losses[name]):8.4f}"
        f"  {difference.mean():+.4f} ± {difference.std(ddof=1) / np.sqrt(8):.4f}"
        f"  {np.mean(chosen[name], axis=0).round(2)}"
    )

# %%
# The standard errors, after the ±, are those of paired differences; as the splits share rows, they
# are somewhat too small. ``"auto"`` is a little better than cross-validation here, in one fit in
# place of 36. It penalises the coefficients of features with scales of its own, which are larger
# than the standard deviation for pixels that hardly ever have ink. The hidden layer is better by
# far. The curve shows why the choice matters little: it is flat around its lowest point. Its values
# are those of the cross-validation in the last split; the lines are the cross-validated log losses
# of the other two models on the same rows.

results = models["cross-validated"].cv_results_
errors = results["std_test_score"] / np.sqrt(5)
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
label = "no hidden layer, by alpha (± standard error of 5 folds)"
ax.errorbar(alphas, -results["mean_test_score"], errors, color="0.5", capsize=3, label=label)
for name, color in (("auto", "tab:blue"), ("auto, 100 hidden units", "tab:green")):
    scores = -cross_val_score(models[name], X[train], y[train], scoring="neg_log_loss", cv=5)
    ax.axhline(scores.mean(), color=color, linestyle="--", label=f"{name}: {scores.mean():.3f}")
ax.set(xscale="log", xlabel="alpha = 1 / C", ylabel="log loss in cross-validation", ylim=(0, 0.33))
ax.legend(loc="upper right")
plt.show()

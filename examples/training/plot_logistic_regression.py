"""
=================================================
Without hidden layers: is it logistic regression?
=================================================

Yes. A network with ``hidden_layer_sizes=()`` multiplies the features by a matrix of coefficients,
adds intercepts, and applies its output. With a softmax, this is *multinomial logistic regression*,
with the same coefficients as :class:`~sklearn.linear_model.LogisticRegression`. This page shows
that, and what ``alpha="auto"`` and a hidden layer add to it.
"""

# %%
# The same objective, up to a constant
# ------------------------------------
# With :math:`S`, the sum of the sample weights, here the number of rows, our classifiers minimise
#
# .. math:: \frac{1}{S} \sum_i \ell(z_i, y_i) + \frac{\alpha}{2 S} \lVert W \rVert^2
#
# and LogisticRegression minimises :math:`C \sum_i \ell(z_i, y_i) + \frac{1}{2} \lVert W \rVert^2`.
# The second is the first times :math:`C S` if :math:`\alpha = 1 / C`. Neither penalises intercepts.
# With the loss of a softmax, it is multinomial logistic regression. With the loss of sigmoids, the
# outputs share no weights, so it is a logistic regression for each class against the rest. The
# objective is convex, and the penalty makes the coefficients of its minimum unique, so every solver
# must find the same coefficients. (Only the intercepts of a softmax are not unique: adding a number
# to all of them changes no probability.)

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
# The smaller ``tol``, the smaller the difference. So it comes from the solvers, not from the
# models.

figure, axes = plt.subplots(1, 2, figsize=(6, 3.5), layout="constrained")
figure.suptitle("The same coefficients as LogisticRegression")
for ax, ours, theirs, name, peer, color in (
    (axes[0], softmax, multinomial, "SoftmaxMLPClassifier", "multinomial", "tab:blue"),
    (axes[1], sigmoid, one_vs_rest, "SigmoidMLPClassifier", "one-vs-rest", "tab:orange"),
):
    ax.axline((0, 0), slope=1, color="0.5", linewidth=1, label="equal")
    ax.plot(theirs.ravel(), ours.ravel(), ".", color=color, markersize=4, label="coefficient")
    ax.set(xlabel=f"LogisticRegression,\n{peer}", ylabel=name, aspect=1)
    ax.locator_params(nbins=4)
    ax.legend(fontsize="small")

# %%
# Two classes
# -----------
# For two classes, a sigmoid network has one output unit and LogisticRegression has one
# row of coefficients, and they are equal. A softmax has two units, and only the *difference* of
# their coefficients counts. Each unit holds half of it, which costs half the penalty, so the
# softmax needs twice the ``alpha``.

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
# ``C``, or ``alpha``, is commonly chosen by cross-validation. ``alpha="auto"`` chooses it in a
# single fit. We compare three models: with the best ``alpha`` of a cross-validation on the training
# rows, with ``"auto"``, and with ``"auto"`` and a hidden layer. Eight times, we train on 70 % of
# the digits, and measure on the others.


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
# The standard errors, after the ±, are those of paired differences. They are somewhat too small,
# because the splits share rows. ``"auto"`` is a little better than cross-validation here, in one
# fit instead of 36. The reason is that it penalises pixels that rarely have ink more than plain
# standardisation would. The hidden layer gains far more.
#
# The picture shows the cross-validation of the last split. The choice of ``alpha`` matters little,
# because the curve is flat around its minimum.

results = models["cross-validated"].cv_results_
errors = results["std_test_score"] / np.sqrt(5)
figure, ax = plt.subplots(figsize=(6, 4.2), layout="constrained")
label = "no hidden layer (± standard error of 5 folds)"
ax.errorbar(alphas, -results["mean_test_score"], errors, color="0.5", capsize=3, label=label)
for name, color, label in (
    ("auto", "tab:blue", 'no hidden layer, alpha="auto"'),
    ("auto, 100 hidden units", "tab:green", '100 hidden units, alpha="auto"'),
):
    scores = -cross_val_score(models[name], X[train], y[train], scoring="neg_log_loss", cv=5)
    ax.axhline(scores.mean(), color=color, linestyle="--", label=label)
ax.set_title("A hidden layer gains more than the best alpha")
ax.set(xscale="log", xlabel="alpha = 1 / C", ylabel="log loss in cross-validation", ylim=(0, 0.33))
ax.legend(loc="upper right")
plt.show()

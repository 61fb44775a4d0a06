"""
==========================
When should training stop?
==========================

A network that is large for its data first learns what all rows have in common, and then the noise
of the training rows. There are two remedies: a penalty, with which a fit may run until it has
converged, and stopping the fit before that. Which is better?
"""

# %%
# Overfitting, iteration by iteration
# -----------------------------------
# The data are simulated: 400 rows with 20 features, of which 6 are informative, and a tenth of the
# labels are random. A fifth of the rows are for validation. If ``fit`` gets ``X_val`` and
# ``y_val``, it records the log loss on these rows after each iteration, in ``validation_losses_``.
# With ``early_stopping=True``, it also stops when this loss has not reached a new minimum for
# ``n_iter_no_change`` iterations, here 10, and goes back to the weights of the minimum.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import (
    GridSearchCV,
    ValidationCurveDisplay,
    cross_val_score,
    train_test_split,
)

from skneural import LossCurveDisplay, SoftmaxMLPClassifier


def make_data(seed):
    X, y = make_classification(
        4000, 20, n_informative=6, n_clusters_per_class=3, flip_y=0.1, random_state=seed
    )
    return train_test_split(X, y, train_size=400, stratify=y, random_state=seed)


def network(**parameters):
    return SoftmaxMLPClassifier(random_state=0, **parameters)


X, X_test, y, y_test = make_data(0)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
models = {
    "alpha=0.001": network(alpha=1e-3),
    "alpha=0.001, early stopping": network(alpha=1e-3, early_stopping=True),
    'alpha="auto"': network(),
}
print("                             n_iter_  lowest validation  test")
for name, model in models.items():
    model.fit(X_train, y_train, X_val=X_val, y_val=y_val)
    best = int(np.argmin(model.validation_losses_))
    print(
        f"{name:27s}  {model.n_iter_:7d}  {model.best_validation_loss_:.3f} after {best + 1:4d}"
        f"  {log_loss(y_test, model.predict_proba(X_test)):.3f}"
    )

figure, axes = plt.subplots(2, 1, figsize=(6, 6.5), layout="constrained")
figure.suptitle("A good penalty prevents overfitting")
titles = {
    "alpha=0.001": "hardly any penalty: the validation loss rises",
    'alpha="auto"': "automatic penalty: both losses end together",
}
for ax, (name, title) in zip(axes, titles.items(), strict=True):
    display = LossCurveDisplay.from_estimator(models[name], ax=ax, color="tab:blue")
    display.gradient_norm_ax_.remove()  # it jumps, and hides the losses
    display.validation_line_.set(color="tab:green", label="validation loss (dot: lowest)")
    display.line_.set_label("training loss, with penalty")
    ax.set(ylabel="loss", yscale="linear")
    ax.set_title(title, fontsize="medium")
    ax.legend()

# %%
# With hardly any penalty, the training loss falls until the network knows every row by heart. The
# validation loss is lowest after the first few iterations, and then rises. Early stopping goes back
# to that minimum: the second fit of the table is the first one, cut short. (Test: log loss on 3600
# other rows.)
#
# With ``alpha="auto"``, the first iterations look the same, because the network learns with a weak
# penalty. Then the fit chooses a penalty, and the training loss, which includes it, jumps. From
# there on, the validation loss falls to about the minimum of the first fit and stays there, so the
# fit may run until it has converged.
#
# Which is better, on unseen rows?
# --------------------------------
# Early stopping cannot train on the rows that it holds out. One data set is little evidence, so we
# use eight others of the same kind, and measure on 3600 rows of each that no fit has seen. Here,
# ``early_stopping`` holds out a validation split by itself. The last way is a search for ``alpha``
# by cross-validation.

held_out = {"early_stopping": True, "validation_fraction": 0.2}
grid = {"alpha": [0.1, 1, 10, 100]}
ways = {
    "alpha=0.001": network(alpha=1e-3),
    "alpha=0.001, early stopping": network(alpha=1e-3, **held_out),
    'alpha="auto"': network(),
    'alpha="auto", early stopping': network(**held_out),
    "alpha cross-validated": GridSearchCV(network(), grid, scoring="neg_log_loss", cv=3),
}
losses, accuracies = ({name: [] for name in ways} for _ in range(2))
seeds = range(1, 9)
for seed in seeds:
    X, X_test, y, y_test = make_data(seed)
    for name, model in ways.items():
        probabilities = model.fit(X, y).predict_proba(X_test)
        losses[name].append(log_loss(y_test, probabilities))
        accuracies[name].append(accuracy_score(y_test, probabilities.argmax(axis=1)))

print("mean of 8 data sets           accuracy  log loss  minus auto")
for name in ways:
    difference = np.subtract(losses[name], losses['alpha="auto"'])
    error = difference.std(ddof=1) / np.sqrt(len(seeds))
    print(
        f"{name:28s}  {np.mean(accuracies[name]):8.3f}  {np.mean(losses[name]):8.3f}"
        f"  {difference.mean():+.3f} ± {error:.3f}"
    )

# %%
# The numbers after the ± are standard errors of paired differences. Early stopping repairs the log
# loss, but not the accuracy. The penalty is better in both on these data, and in the end it trains
# on all rows. Both remedies together are worse than ``"auto"`` alone.
#
# But ``"auto"`` is not always the best penalty. Here, the ``alpha`` of a cross-validation has a
# higher accuracy, and a slightly lower log loss, by less than two standard errors. The validation
# curve of the last data set shows how much there is to gain.

settings = {"scoring": "neg_log_loss", "cv": 5}
figure, ax = plt.subplots(figsize=(6, 4.5), layout="constrained")
curve = ValidationCurveDisplay.from_estimator(
    network(),
    X,
    y,
    param_name="alpha",
    param_range=10.0 ** np.arange(-2, 2.1, 0.5),
    negate_score=True,
    score_name="log loss",
    ax=ax,
    **settings,
)
for line, band, color in zip(curve.lines_, curve.fill_between_, ("0.5", "tab:blue"), strict=True):
    line.set_color(color)
    band.set_color(color)
for name, style in (('alpha="auto"', "--"), ("alpha=0.001, early stopping", ":")):
    loss = -cross_val_score(ways[name], X, y, **settings).mean()
    ax.axhline(loss, color="tab:green", linestyle=style, label=f"{name}, held-out rows")
curve.lines_[0].set_label("number for alpha, training rows")
curve.lines_[1].set_label("number for alpha, held-out rows")
curve.fill_between_[1].set_label("± standard deviation of 5 folds")
ax.set_title('alpha="auto" is near the best number')
ax.legend(loc="upper right")
plt.show()

# %%
# L. Prechelt, "Early stopping - but when?", Neural Networks: Tricks of the Trade, 2nd edition,
# 2012. `doi:10.1007/978-3-642-35289-8_5 <https://doi.org/10.1007/978-3-642-35289-8_5>`_

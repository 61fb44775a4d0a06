"""
==========================
When should training stop?
==========================

A network that is large for its data first learns what all rows have in common, and then the noise
of the training rows. There are two remedies: a penalty, with which the solver may run until it has
converged, or stopping the solver before that. Which is better?
"""

# %%
# Overfitting, iteration by iteration
# -----------------------------------
# The data are artificial: 400 rows, 20 features of which 6 are informative, and a tenth of the
# labels drawn at random. We use a fifth of the rows for validation. With ``X_val`` and
# ``y_val``, ``fit`` measures the log loss on them after each iteration, in
# ``validation_losses_``, and does nothing else with them unless ``early_stopping=True``. Then
# it stops when there has been no lower one for ``n_iter_no_change`` iterations, here 10, and
# goes back to the weights of the lowest.

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

figure, axes = plt.subplots(2, 1, figsize=(7, 7), layout="constrained")
titles = {
    "alpha=0.001": "Hardly any penalty: the validation loss rises while the training loss falls",
    'alpha="auto"': "Automatic penalty: both come to rest together",
}
for ax, (name, title) in zip(axes, titles.items(), strict=True):
    display = LossCurveDisplay.from_estimator(models[name], ax=ax, color="tab:blue")
    display.gradient_norm_ax_.remove()  # it jumps, and hides the losses
    display.validation_line_.set_color("tab:green")
    ax.set_title(title, fontsize="medium")
    ax.legend()

# %%
# With next to no penalty, the training loss falls until every row is known by heart, and the
# validation loss rises all the way from its lowest value after the first few iterations. Early
# stopping goes back there: the second fit of the table is the first one, cut short. There are
# few iterations to choose from, as L-BFGS makes few and long ones. (Test: log loss on 3600 rows.)
#
# With ``alpha="auto"`` the first iterations look the same: the network learns with a weak penalty.
# Then the fit chooses a penalty, and the training loss, which includes it, jumps. The validation
# loss falls back almost to its lowest value and stays there, so the solver may go on until it has
# converged.

# %%
# Which is better, on rows that chose nothing?
# --------------------------------------------
# Early stopping pays for its choice with rows that it cannot train on. One split is little
# evidence, so we use eight other data sets of the same kind, and measure on 3600 rows of each that
# no fit has seen. Now ``early_stopping`` holds out a validation split by itself. The last way is a
# search for ``alpha`` by cross-validation.

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
# After the ± is the standard error of the paired differences. Early stopping repairs the log loss,
# but not the accuracy. Of the two remedies the penalty is better here, in both, and in the end it
# trains on all rows. Doing both is worse than ``"auto"`` alone.
#
# But ``"auto"`` is not the best that a penalty can do: the ``alpha`` of a cross-validation is a
# little better on these data, by about two standard errors. The validation curve of the last data
# set shows what there is to gain, with two of the other ways as lines; the bands are one standard
# deviation of five folds.

settings = {"scoring": "neg_log_loss", "cv": 5}
figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
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
    ax.axhline(loss, color="tab:green", linestyle=style, label=f"{name}, test")
ax.set_title('alpha="auto" comes near the best fixed alpha')
ax.legend(loc="upper right")
plt.show()

# %%
# The remedies are old, and so is the question: see L. Prechelt, "Early stopping - but when?",
# Neural Networks: Tricks of the Trade, 2nd edition, 2012. `doi:10.1007/978-3-642-35289-8_5
# <https://doi.org/10.1007/978-3-642-35289-8_5>`_

"""
=====================================================
Several outputs: does each have a softmax of its own?
=====================================================

Yes. Which digit is it, and by how much has it been turned? Each question has classes of its own,
and a softmax of its own in one network. This page compares that with separate networks, and with a
class for each pair of answers.
"""

# %%
# Two columns of labels
# ---------------------
# Images of :func:`~sklearn.datasets.load_digits` are turned by 0, 90, 180 or 270 degrees. A ``y``
# with two columns of classes is what scikit-learn calls *multiclass-multioutput*. Training and test
# images are made from different digits.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import ActivationsDisplay, SoftmaxMLPClassifier

digits = load_digits()


def turned(rows, n, rng):
    """Draw `n` of these digits, each turned by 0 to 3 quarters of a circle."""
    drawn, quarters = rng.choice(rows, n), rng.integers(4, size=n)
    images = [np.rot90(digits.images[i], k) for i, k in zip(drawn, quarters, strict=True)]
    return np.reshape(images, (n, -1)), np.column_stack([digits.target[drawn], 90 * quarters])


def data(seed):
    """Make 800 images for training and 2000 for testing."""
    rows = np.arange(len(digits.data))
    halves = train_test_split(rows, test_size=0.5, stratify=digits.target, random_state=seed)
    rng = np.random.default_rng(seed)
    return *turned(halves[0], 800, rng), *turned(halves[1], 2000, rng)


def network(n_hidden):
    """Make a network with one hidden layer."""
    return SoftmaxMLPClassifier(n_hidden, random_state=0)


X_train, y_train, X_test, y_test = data(seed=0)
model = make_pipeline(StandardScaler(), network(50)).fit(X_train, y_train)
classifier = model[-1]
activations = classifier.predict_activations(model[0].transform(X_test))
probabilities = model.predict_proba(X_test)

print("y_test[:3]:", *y_test[:3], " predicted:", *model.predict(X_test[:3]))
print("layers:", [coef.shape for coef in classifier.coefs_])
for j, name in enumerate(("digit", "turned by")):
    sums = activations[j].sum(axis=1)
    same = np.allclose(activations[j], probabilities[j])
    print(f"{name:9s}  classes {classifier.classes_[j]}, activations {activations[j].shape},")
    print(f"{'':9s}  each row sums to 1: {np.allclose(sums, 1)}, as predict_proba: {same}")

# %%
# Both outputs share a layer of 50 hidden units. On top of it are 14 output units in two groups: ten
# that compete for the digit, and four that compete for the turn. ``predict_activations`` and
# ``predict_proba`` return a list with an array for each output.
#
# :class:`~skneural.ActivationsDisplay` draws the groups side by side. Frames mark the true classes.
# The sum of each row is 2, because each softmax sums to 1. The network is sure of the first two
# images, and least sure of the other three.

confidence = activations[0].max(axis=1) * activations[1].max(axis=1)
order = np.argsort(confidence)
chosen = [*order[[-1, -400]], *order[:3]]
size = {"figsize": (6.5, 3.6), "width_ratios": [1, 10], "layout": "constrained"}
figure, (left, right) = plt.subplots(1, 2, **size)
framed = np.pad(X_test[chosen].reshape(-1, 8, 8), ((0, 0), (1, 1), (0, 0)))
left.imshow(framed.reshape(-1, 8), cmap="gray_r", aspect="auto")
left.set_axis_off()
names = [classifier.classes_[0], [f"{angle}°" for angle in classifier.classes_[1]]]
shown, classes = [block[chosen] for block in activations], classifier.classes_
display = ActivationsDisplay.from_predictions(
    shown, y_test[chosen], classes=classes, display_labels=names, ax=right, colorbar=False
)
right.set(
    title="Each group of units sums to 1 (frames: true classes)",
    ylabel="",
    yticks=range(len(chosen)),
    yticklabels=[f"{digit}, {angle}°" for digit, angle in y_test[chosen]],
    xlabel="ten units for the digit, four for the turn",
)
right.set_xticklabels([*names[0], *names[1], "sum"], rotation=0, ha="center", fontsize="x-small")

# %%
# One network, two networks, or a class for each pair?
# ----------------------------------------------------
# There are other ways. :class:`~sklearn.multioutput.MultiOutputClassifier` fits a network for each
# output: with half of the hidden units each, or with as many each as the shared network has. Or one
# softmax has a class for each of the 40 pairs of a digit and a turn. Only this one can express that
# the answers depend on each other: what may be a 6 upside down or a 9 upright is neither a 6
# upright nor a 9 upside down. We compare the four ways on eight draws of training and test data.


def predict(kind, X_train, y_train, X_test):
    """Predictions and a list of probabilities, one array for each output."""
    if kind == "one softmax for 40 pairs":
        pairs = 4 * y_train[:, 0] + y_train[:, 1] // 90
        model = make_pipeline(StandardScaler(), network(50)).fit(X_train, pairs)
        joint = model.predict_proba(X_test).reshape(-1, 10, 4)  # all 40 pairs have been seen
        best = joint.reshape(-1, 40).argmax(axis=1)
        return np.column_stack([best // 4, 90 * (best % 4)]), [joint.sum(axis=2), joint.sum(axis=1)]
    model = make_pipeline(StandardScaler(), classifiers[kind]).fit(X_train, y_train)
    return model.predict(X_test), model.predict_proba(X_test)


classifiers = {
    "shared, 50 hidden units": network(50),
    "two networks of 25": MultiOutputClassifier(network(25)),
    "two networks of 50": MultiOutputClassifier(network(50)),
}
kinds = [*classifiers, "one softmax for 40 pairs"]
measured = {kind: [] for kind in kinds}
for seed in range(8):
    X_train, y_train, X_test, y_test = data(seed)
    for kind in kinds:
        predicted, proba = predict(kind, X_train, y_train, X_test)
        right_ones = predicted == y_test
        losses = [log_loss(column, p) for column, p in zip(y_test.T, proba, strict=True)]
        measured[kind].append([*right_ones.mean(axis=0), right_ones.all(axis=1).mean(), *losses])

baseline = np.array(measured[kinds[0]])
print(" " * 26 + "accuracy                  log loss        both right, against shared")
print(" " * 26 + "digit   turn    both      digit  turn     (standard error)")
figure, axes = plt.subplots(1, 3, figsize=(6.5, 3.6), sharey=True, layout="constrained")
figure.suptitle("Sharing helps a little, a class for each pair helps most")
for place, (kind, values) in enumerate(measured.items()):
    values = np.array(values)
    gain = values[:, 2] - baseline[:, 2]
    error = gain.std(ddof=1) / np.sqrt(len(gain))
    digit, turn, both, *losses = values.mean(axis=0)
    print(f"{kind:24s}  {digit:.4f}  {turn:.4f}  {both:.4f}", end="    ")
    print(f"{losses[0]:.3f}  {losses[1]:.3f}    {gain.mean():+.4f} ({error:.4f})")
    color = "tab:blue" if place == 0 else "0.5"
    for ax, column in zip(axes, 100 * (1 - values[:, :3]).T, strict=True):
        dots = ax.plot(column, np.full(len(column), place), "o", color=color, alpha=0.4)
        mark = {"color": "black", "markersize": 18, "markeredgewidth": 2}
        line = ax.plot(column.mean(), place, "|", **mark)
names = ["shared network,\n50 hidden units", "two networks\nof 25", "two networks\nof 50"]
axes[0].set_yticks(range(4), [*names, "one softmax\nfor 40 pairs"])
axes[0].invert_yaxis()
for ax, part in zip(axes, ("wrong digits (%)", "wrong turns (%)", "either wrong (%)"), strict=True):
    ax.set_xlabel(part)
    ax.margins(y=0.15)
    ax.locator_params(axis="x", nbins=4)
labels = ["one of eight draws", "their mean"]
figure.legend([*dots, *line], labels, loc="outside lower center", ncols=2)

# %%
# Sharing helps a little here. The shared network is right more often than two networks with as many
# hidden units in total, and a little less often than two with twice as many. Presumably, both
# outputs need the same features, such as edges and strokes. Outputs with little in common need not
# gain.
#
# The softmax for pairs is by far the most accurate. It can express that the answers depend on each
# other, and its labels are more informative: a 3 at 90 degrees instead of a 3 at any angle. But the
# number of pairs grows fast. Forty classes of 20 images each can be learned. With more outputs or
# more classes, most combinations would be rare or never seen. Then use several outputs.

plt.show()

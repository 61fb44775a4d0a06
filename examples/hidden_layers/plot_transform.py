"""
===========================================
What do hidden layers make of the features?
===========================================

A network with a hidden layer is a logistic regression on features that it has learned.
``transform`` returns these features. How do digits look in them, and are they of use beyond the
network?
"""

# %%
# Pixels and hidden units
# -----------------------
# Both classifiers are transformers too. ``transform`` of a pipeline that ends with one returns the
# activations of the last hidden layer. With ``set_output``, it is a data frame with their names.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import StratifiedShuffleSplit, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import SoftmaxMLPClassifier

X, y = load_digits(return_X_y=True)


def fit(X, y):
    """Scale the pixels, and train a network."""
    return make_pipeline(StandardScaler(), SoftmaxMLPClassifier(random_state=0)).fit(X, y)


X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)
model = fit(X_train, y_train)
hidden = model.transform(X_test)
print(f"{X_test.shape} pixels -> {hidden.shape} hidden activations")
print("names:", ", ".join(model.get_feature_names_out()[:3]), "...")

logits = hidden @ model[-1].coefs_[-1] + model[-1].intercepts_[-1]
print("the output layer on top of them:", np.allclose(logits, model.decision_function(X_test)))

# %%
# Seen in a plane
# ---------------
# The picture shows the same unseen digits in the first two principal components of
# the standardised pixels, and in those of the hidden units. (The components are those of the
# training digits.) Pixels vary in many directions, most of which have nothing to do with the digit.
# The hidden layer has transformed them so that the output layer can separate the ten digits by
# planes.

figure, axes = plt.subplots(1, 2, figsize=(6.5, 3.9), layout="constrained")
figure.suptitle("Hidden units separate the digits better than pixels")
axes[0].set_ylabel("second principal component")
spaces = {"pixels": model[0].transform, "hidden units": model.transform}
for ax, (name, space) in zip(axes, spaces.items(), strict=True):
    plane = PCA(2).fit(space(X_train))
    points = plane.transform(space(X_test))
    share = plane.explained_variance_ratio_.sum()
    neighbours_5 = KNeighborsClassifier(5).fit(plane.transform(space(X_train)), y_train)
    accuracy = neighbours_5.score(points, y_test)
    print(f"{name}: {share:.0%} of the variance in the plane, 5-NN there {accuracy:.0%} right")
    ax.scatter(*points.T, c=y_test, cmap="tab10", s=5, alpha=0.35)
    for digit in range(10):
        middle = np.median(points[y_test == digit], axis=0)
        box = {"boxstyle": "circle,pad=0.15", "facecolor": plt.cm.tab10(digit), "alpha": 0.85}
        text = {"ha": "center", "va": "center", "color": "white", "weight": "bold", "bbox": box}
        ax.text(*middle, digit, fontsize="small", **text)
    ax.set_title(f"{name} (number: median of a digit)", fontsize="small")
    ax.set(xlabel="first principal component", xticks=[], yticks=[])

# %%
# Are they better features?
# -------------------------
# In a plane they are, but nobody has to work in a plane. We test it by a
# nearest-neighbour classifier, with distances between raw pixels, standardised pixels (the input of
# the network) and hidden units. There are two tests, each over ten splits:
#
# - *Classes that the network knows.* The network is trained on half of the images. The other half
#   is classified by the five nearest neighbours in the first half.
# - *Classes that it has never seen.* The network is trained on five of the digits. The images of
#   the other five are classified by the nearest of ten labelled images of each. Are the features of
#   some digits of use for others?


def neighbours(spaces, train, test, n_neighbors):
    """Accuracy of nearest neighbours in each of the spaces."""
    classifier = KNeighborsClassifier(n_neighbors)
    return [
        classifier.fit(space(X[train]), y[train]).score(space(X[test]), y[test]) for space in spaces
    ]


names = ["raw pixels", "standardised pixels", "hidden units"]
known, left_out, networks = [], [], []
for seed, (train, test) in enumerate(
    StratifiedShuffleSplit(10, test_size=0.5, random_state=0).split(X, y)
):
    model = fit(X[train], y[train])
    networks.append(model.score(X[test], y[test]))
    spaces = [np.asarray, model[0].transform, model.transform]
    known.append(neighbours(spaces, train, test, 5))

    rng = np.random.default_rng(seed)
    digits = rng.permutation(10)
    rows = np.isin(y, digits[:5])
    model = fit(X[rows], y[rows])
    spaces = [np.asarray, model[0].transform, model.transform]
    shown = [rng.choice(np.flatnonzero(y == digit), 10, replace=False) for digit in digits[5:]]
    shown = np.concatenate(shown)
    left_out.append(neighbours(spaces, shown, np.setdiff1d(np.flatnonzero(~rows), shown), 1))

print(f"the network itself, on digits that it knows: {np.mean(networks):.3f}\n")
figure, axes = plt.subplots(1, 2, figsize=(6.5, 3.4), sharey=True, layout="constrained")
figure.suptitle("Hidden units are good features only for classes that they know")
tests = {"classes that the network knows": known, "classes that it has never seen": left_out}
for ax, (title, values) in zip(axes, tests.items(), strict=True):
    values = np.array(values)
    print(f"{title}: accuracy, and standard error of the difference from hidden units")
    for place, (name, column) in enumerate(zip(names, values.T, strict=True)):
        error = (column - values[:, 2]).std(ddof=1) / np.sqrt(len(column))
        print(f"  {name:20s}  {column.mean():.3f}  {error:.3f}")
        color = "tab:blue" if place == 2 else "0.5"
        dots = ax.plot(100 * column, np.full(len(column), place), "o", color=color, alpha=0.4)
        line = ax.plot(100 * column.mean(), place, "|", color="black", ms=16, mew=2)
    ax.set_title(title, fontsize="medium")
    ax.set_xlabel("accuracy (%)")
    ax.margins(y=0.2)
axes[0].set_yticks(range(3), [name.replace(" ", "\n") for name in names])
axes[0].invert_yaxis()
labels = ["one of ten splits", "their mean"]
figure.legend([*dots, *line], labels, loc="outside lower center", ncols=2)

# %%
# For classes that the network knows, distances between hidden units are better than those between
# standardised pixels, because the network has learned which pixels matter. Neighbours by hidden
# units are right about as often as the network itself. Raw pixels, which need no training, are as
# good on these small images. Standardising them is worse, because it scales up pixels that hardly
# ever have ink.
#
# For classes that the network has never seen, hidden units are clearly *worse*. To tell five digits
# apart, a network may discard what these five have in common, and the other five may differ in just
# that. So do not expect features that were learned for some classes to suit others. Measure it, as
# here, before you rely on it.

plt.show()

"""
============================
What does a hidden unit see?
============================

A unit of the first hidden layer has a weight for each pixel, so its weights are a picture. What
is on it, which images excite the unit, and when may the picture be read?
"""

# %%
# Weights as images, and how the penalty shapes them
# --------------------------------------------------
# :class:`~skneural.HiddenWeightsDisplay` draws the weights: red where ink makes the unit's input
# rise, blue where it makes it fall. We train twenty tanh units, whose activations have either sign,
# with a tiny, a moderate and a large penalty. The pixels are divided by 16, their greatest value:
# all by the same, so that weights can be compared.
#
# How smooth the pictures are is measured by the correlation of weights of adjacent pixels: 0 if
# they have nothing to do with each other. It and the accuracy are measured over five splits.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import HiddenWeightsDisplay, SoftmaxMLPClassifier

X, y = load_digits(return_X_y=True)
X = X / 16


def split(seed):
    """One half of the digits to train on, the other for what is measured and shown."""
    return train_test_split(X, y, test_size=0.5, stratify=y, random_state=seed)


def network(alpha, seed=0):
    """Make a network of twenty hidden units."""
    return SoftmaxMLPClassifier((20,), "tanh", alpha=alpha, random_state=seed)


def smoothness(coef):
    """Correlation of the weights of pixels that are above or beside each other."""
    images = coef.T.reshape(-1, 8, 8)
    above, below = images[:, :-1].ravel(), images[:, 1:].ravel()
    left, right = images[:, :, :-1].ravel(), images[:, :, 1:].ravel()
    return np.corrcoef(np.r_[above, left], np.r_[below, right])[0, 1]


alphas = [0.001, 1, 100]
print("alpha  accuracy on unseen digits  smoothness (standard errors)")
for alpha in alphas:
    measured = []
    for seed in range(5):
        X_train, X_test, y_train, y_test = split(seed)
        model = network(alpha, seed).fit(X_train, y_train)
        measured.append([model.score(X_test, y_test), smoothness(model.coefs_[0])])
    errors = np.std(measured, axis=0, ddof=1) / np.sqrt(len(measured))
    accuracy, smooth = np.mean(measured, axis=0)
    print(f"{alpha:5g}  {accuracy:13.3f} ({errors[0]:.3f})", end="")
    print(f"              {smooth:.2f} ({errors[1]:.2f})")

X_train, X_test, y_train, y_test = split(0)
models = {alpha: network(alpha).fit(X_train, y_train) for alpha in alphas}

figure, axes = plt.subplots(1, 3, figsize=(10, 3.3), layout="constrained")
for ax, (alpha, model) in zip(axes, models.items(), strict=True):
    HiddenWeightsDisplay.from_estimator(model, image_shape=(8, 8), ax=ax, colorbar=False)
    ax.set_title(f"alpha={alpha!r}")

# %%
# (In each panel, colours reach to its own greatest weight.) With a tiny penalty, weights do
# whatever helps on the training rows, and those of adjacent pixels have little to do with each
# other: noise to the eye, and yet about 97 % of unseen digits are right. A moderate penalty
# predicts as well, with weights that are a little smoother. A large one leaves smooth pictures of
# strokes and what surrounds them, and is far too large to predict well. **What is good to look at
# is not what predicts best.**
#
# Which images excite a unit most?
# --------------------------------
# ``transform`` gives the activations of the hidden units. For five units of the network with
# ``alpha=1``: the weights, and the unseen digits with the highest and with the lowest
# activation. tanh goes from -1 to 1; what a high activation means for the digits is up to the
# next layer.

model = models[1]
activations = model.transform(X_test)
coef = model.coefs_[0]
units = np.argsort(-activations.std(axis=0))[:5]  # those that vary most
figure, axes = plt.subplots(5, 11, figsize=(9, 4.2), layout="constrained")
for row, unit in zip(axes, units, strict=True):
    order = np.argsort(activations[:, unit])
    row[0].imshow(coef[:, unit].reshape(8, 8), cmap="RdBu_r", clim=(-1.2, 1.2))
    row[0].set_ylabel(f"unit {unit}")
    for ax, example in zip(row[1:], [*order[:-6:-1], *order[4::-1]], strict=True):
        ax.imshow(X_test[example].reshape(8, 8), cmap="gray_r")
    digits = [np.bincount(y_test[part], minlength=10) for part in (order[-90:], order[:90])]
    high, low = (", ".join(map(str, np.argsort(-counts)[:3])) for counts in digits)
    print(f"unit {unit:2d}: the highest tenth of the digits is mostly {high}; the lowest {low}")
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])
for place, title in ((0, "weights"), (3, "highest activation"), (8, "lowest activation")):
    axes[-1, place].set_xlabel(title)

# %%
# A unit is excited by digits that have ink where its weights are red and none where they are
# blue, often those of several classes. No unit stands for a digit: each contributes to all ten,
# and it takes the twenty together to tell them apart.
#
# Standardised pixels
# -------------------
# Networks are usually trained on standardised features, and then the picture is another one: a
# weight is per *standard deviation* of its pixel. Dividing it by that (``scale_``) gives the
# weight per unit of ink again. Below is the root mean square over all units of each pixel's
# weights.

standardised = make_pipeline(StandardScaler(), network(1)).fit(X_train, y_train)
scale = standardised[0].scale_
constant = standardised[0].var_ == 0
sizes = {
    "standard deviation\nof the ink": np.where(constant, 0, scale),
    "weights,\nraw pixels": np.sqrt((coef**2).mean(axis=1)),
    "weights,\nstandardised pixels": np.sqrt((standardised[-1].coefs_[0] ** 2).mean(axis=1)),
}
sizes["the same,\nper unit of ink"] = np.where(
    constant, np.nan, sizes["weights,\nstandardised pixels"] / scale
)
figure, axes = plt.subplots(1, 4, figsize=(9, 2.4), layout="constrained")
for ax, (name, values) in zip(axes, sizes.items(), strict=True):
    image = ax.imshow(values.reshape(8, 8), cmap="viridis")
    figure.colorbar(image, ax=ax, shrink=0.7)
    ax.set_title(name, fontsize="medium")
    ax.set(xticks=[], yticks=[])
print(f"accuracy: raw pixels {models[1].score(X_test, y_test):.3f}, ", end="")
print(f"standardised {standardised.score(X_test, y_test):.3f}")
greatest = [abs(standardised[-1].coefs_[0][part]).max() for part in (constant, ~constant)]
print(
    f"{constant.sum()} of 64 pixels are constant in the training rows; standardised, the greatest"
)
print("weight of these is {:.3f}, of all others {:.3f}".format(*greatest))

# %%
# Middle pixels, whose ink varies much, have large weights in both networks. Those of the rim
# hardly ever have ink, so raw they matter little, and their weights are small. Standardised, a
# rare speck of ink becomes a large number, and per unit of ink some pixels on the rim weigh many
# times as much as any in the middle: a picture of weights per ink would show little but the rim.
# (White: constant pixels. The fit leaves them out, so their weights are zero.) The default,
# ``alpha="auto"``, penalises the weights of standardised pixels even if the pixels are not, so its
# weights are like these. Which is better for the accuracy is another question, and on these digits
# it matters little; for a picture to look at, use a number for ``alpha``, and leave pixels on a
# common scale.

plt.show()

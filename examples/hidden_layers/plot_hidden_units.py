"""
============================
What does a hidden unit see?
============================

A unit of the first hidden layer has a weight for each pixel, so its weights are a picture. What
does it show, which images excite the unit, and when can the picture be trusted?
"""

# %%
# Weights as images, and how the penalty shapes them
# --------------------------------------------------
# :class:`~skneural.HiddenWeightsDisplay` draws the weights: red where ink raises the input of the
# unit, and blue where it lowers it. We train twenty tanh units, with a tiny, a moderate and a large
# penalty. All pixels are divided by 16, their largest value, so that their weights can be compared.
#
# As a measure of smoothness, we use the correlation of the weights of adjacent pixels. It is 0 if
# they are unrelated. Accuracy and smoothness are means over five splits.

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


penalties = {"tiny penalty": 0.001, "moderate penalty": 1, "large penalty": 100}
print("alpha  accuracy on unseen digits  smoothness (standard errors)")
for alpha in penalties.values():
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
models = {name: network(alpha).fit(X_train, y_train) for name, alpha in penalties.items()}

figure, axes = plt.subplots(1, 3, figsize=(6.5, 2.4), layout="constrained")
figure.suptitle("The larger the penalty, the smoother the weights")
for ax, (name, model) in zip(axes, models.items(), strict=True):
    HiddenWeightsDisplay.from_estimator(model, image_shape=(8, 8), ax=ax, colorbar=False)
    ax.set_title(name, fontsize="medium")

# %%
# (In each panel, the strongest colour is its own largest weight.) With a tiny penalty, the weights
# of adjacent pixels have little in common. They look like noise, and yet about 97 % of the unseen
# digits are right. With a moderate penalty, the weights are a little smoother, and predict as well.
# A large penalty leaves smooth pictures of strokes and of what surrounds them, but it is far too
# large to predict well. **The clearest pictures are not those of the best network.**
#
# Which images excite a unit most?
# --------------------------------
# ``transform`` returns the activations of the hidden units. The picture shows five units of the
# network with the moderate penalty: their weights, and the unseen digits with the highest and the
# lowest activation. (The activation of a tanh unit is between -1 and 1.)

model = models["moderate penalty"]
activations = model.transform(X_test)
coef = model.coefs_[0]
units = np.argsort(-activations.std(axis=0))[:5]  # those that vary most
figure, axes = plt.subplots(5, 11, figsize=(6.5, 3.8), layout="constrained")
figure.suptitle("A unit responds to ink where its weights are red")
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
# A unit is excited by digits with ink where its weights are red, and without ink where they are
# blue. Often these digits belong to several classes. No unit stands for one digit: each contributes
# to all ten, and only the twenty together tell them apart.
#
# Standardised pixels
# -------------------
# Networks are usually trained on standardised features. Then a weight is per
# *standard deviation* of its pixel, and the picture is another one. Divided by the standard
# deviation (``scale_``), it is per unit of ink again. For each pixel, the picture shows the root
# mean square of its weights over all units.

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
figure, axes = plt.subplots(2, 2, figsize=(6, 5.6), layout="constrained")
figure.suptitle("Per unit of ink, pixels on the rim have the largest weights")
for ax, (name, values) in zip(axes.flat, sizes.items(), strict=True):
    image = ax.imshow(values.reshape(8, 8), cmap="viridis")
    figure.colorbar(image, ax=ax, shrink=0.7)
    ax.set_title(name, fontsize="medium")
    ax.set(xticks=[], yticks=[])
print(f"accuracy: raw pixels {model.score(X_test, y_test):.3f}, ", end="")
print(f"standardised {standardised.score(X_test, y_test):.3f}")
greatest = [abs(standardised[-1].coefs_[0][part]).max() for part in (constant, ~constant)]
print(
    f"{constant.sum()} of 64 pixels are constant in the training rows; standardised, the greatest"
)
print("weight of these is {:.3f}, of all others {:.3f}".format(*greatest))

# %%
# Pixels in the middle, whose ink varies much, have large weights in both networks. Pixels on the
# rim hardly ever have ink, so their weights for raw pixels are small. Standardised, a rare speck of
# ink becomes a large number. So per unit of ink, some pixels on the rim have many times the weight
# of any pixel in the middle, and a picture of these weights would show little but the rim. (White
# pixels are constant. The fit leaves them out, so their weights are 0.)
#
# The default, ``alpha="auto"``, penalises the weights of standardised pixels even if the pixels are
# raw, so its weights are like these. On these digits, the accuracy hardly depends on it. For
# pictures of weights, use a number for ``alpha``, and leave the pixels on a common scale.

plt.show()

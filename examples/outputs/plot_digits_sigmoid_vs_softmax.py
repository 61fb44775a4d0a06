"""
=================================================
Sigmoid and softmax outputs on handwritten digits
=================================================

The same network, once with ten sigmoid outputs and once with a softmax, learns the ten
digits of :func:`~sklearn.datasets.load_digits`. How do the two differ in what they achieve,
and in what their outputs say?
"""

# %%
# Both classifiers in a pipeline, fitted on the same rows
# -------------------------------------------------------
# They differ in one word. The pixels are standardised first, as they should be for any
# neural network. ``predict_activations`` gives what the ten output units say. Softmax units
# compete, so that a row sums to 1; sigmoid units answer ten separate questions, "is it a
# 0?", "is it a 1?", ..., and nothing makes their answers sum to 1. ``predict_proba`` divides
# them by their sum, since probabilities of classes that exclude each other must.

import sys
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

digits = load_digits()
X_train, X_test, y_train, y_test, _, images = train_test_split(
    digits.data,
    digits.target,
    digits.images,
    test_size=0.3,
    stratify=digits.target,
    random_state=0,
)

settings = {"activation": "tanh", "tol": 1e-3, "max_iter": 500, "random_state": 0}
models = {
    "softmax": make_pipeline(StandardScaler(), SoftmaxMLPClassifier(**settings)),
    "sigmoid": make_pipeline(StandardScaler(), SigmoidMLPClassifier(**settings)),
}

print(f"{len(X_train)} digits to train on, {len(X_test)} to test\n")
print("output   accuracy  log loss  seconds  sum of activations  converged  iterations")
activations = {}
for name, model in models.items():
    start = perf_counter()
    model.fit(X_train, y_train)
    seconds = perf_counter() - start
    accuracy = accuracy_score(y_test, model.predict(X_test))
    loss = log_loss(y_test, model.predict_proba(X_test))
    classifier = model[-1]
    activations[name] = classifier.predict_activations(model[:-1].transform(X_test))
    sums = activations[name].sum(axis=1)
    print(
        f"{name:7s}  {accuracy:8.4f}  {loss:8.4f}  {seconds:7.2f}"
        f"   {sums.min():6.3f} to {sums.max():6.3f}"
        f"  {'yes' if classifier.converged_ else 'no':>9s}  {classifier.n_iter_:10d}"
    )

# %%
# What the outputs say
# --------------------
# Most digits are easy, and both outputs are sure of them: one activation near 1, nine near 0.
# The digits below are those for which the sigmoids add up to least and to most, and those on
# which the softmax is least sure, with the true digit marked by a frame. Where ten sigmoids
# see nothing that they know, they can all say no; a softmax still has to give away exactly 1.

sums = activations["sigmoid"].sum(axis=1)
unsure = np.argsort(activations["softmax"].max(axis=1))
order = [unsure[0], *np.argsort(sums)[:2], np.argsort(sums)[-1], unsure[1]]
chosen = list(dict.fromkeys(order))[:5]

colors = {"softmax": "tab:blue", "sigmoid": "tab:orange"}
figure, axes = plt.subplots(
    len(chosen), 2, figsize=(8, 1.7 * len(chosen)), width_ratios=[1, 5], layout="constrained"
)
for (left, right), row in zip(axes, chosen, strict=True):
    left.imshow(images[row], cmap="gray_r")
    left.set(xticks=[], yticks=[], ylabel=f"a {y_test[row]}")
    for shift, (name, values) in zip((-0.2, 0.2), activations.items(), strict=True):
        label = f"{name}, sum {values[row].sum():.2f}"
        right.bar(np.arange(10) + shift, values[row], 0.4, color=colors[name], label=label)
    right.axvspan(y_test[row] - 0.48, y_test[row] + 0.48, fill=False, edgecolor="0.3")
    right.set(xticks=range(10), ylim=(0, 1.05), ylabel="activation")
    right.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
axes[-1, 1].set_xlabel("output unit")
figure.suptitle("Ten output activations: a softmax has to choose, sigmoids need not")

if "sphinx_gallery" in sys.modules or plt.get_backend().lower() != "agg":
    plt.show()
else:  # there is no display
    figure.savefig("digits_sigmoid_vs_softmax.png", dpi=120)
    print("\nThe picture is in digits_sigmoid_vs_softmax.png.")

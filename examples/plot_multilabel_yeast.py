"""
=====================================================
Several labels at once: thresholds and missing labels
=====================================================

A gene of yeast has several functions at the same time. In the data of Elisseeff and Weston
(NIPS 2001) there are 2417 genes, 103 features of each, and 14 functions. What does a threshold
of 0.5 do to rare functions, and what does it cost not to know some of the labels?
"""

# %%
# A sigmoid for each function
# ---------------------------
# Sigmoid units are independent of each other: any number of them may say yes. The data come with
# the package river (``pip install river``), which is not imported.

import sys
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import f1_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, TunedThresholdsClassifierCV

river = find_spec("river")
if river is None:
    sys.exit("The data are a file of the package river: please run `pip install river`.")
(folder,) = river.submodule_search_locations
table = pd.read_csv(Path(folder) / "datasets" / "yeast.csv.gz")
X, Y = table.filter(like="Att").to_numpy(), table.filter(like="Class").to_numpy()
X_train, X_test, Y_train, Y_test = train_test_split(X, Y, test_size=0.3, random_state=0)


def network(**parameters):
    """A network that stops when a tenth of the genes is predicted no better."""
    classifier = SigmoidMLPClassifier(early_stopping=True, random_state=0, **parameters)
    return make_pipeline(StandardScaler(), classifier)


# %%
# Thresholds from data
# --------------------
# With a threshold of 0.5, the rarest functions are never predicted, as no gene is more likely to
# have them than not. :class:`~skneural.TunedThresholdsClassifierCV` looks for the threshold at
# which F1 is best, for each label, on probabilities that were predicted by cross-validation. The
# probabilities are the same; only the decisions differ.

tuned = TunedThresholdsClassifierCV(network()).fit(X_train, Y_train)
decisions = {
    "0.5": tuned.predict_proba(X_test) > 0.5,
    "tuned": tuned.predict(X_test),
}
scores = {
    name: f1_score(Y_test, decided, average=None, zero_division=0)
    for name, decided in decisions.items()
}
print("threshold  mean F1 of 14 labels  labels never predicted")
for name, decided in decisions.items():
    never = int((np.asarray(decided).sum(axis=0) == 0).sum())
    print(f"{name:9s}  {scores[name].mean():20.3f}  {never:22d}")

# %%
# Labels that are not known
# -------------------------
# In practice nobody has looked for all functions in all genes. NaN in Y says so. With
# ``missing_labels="ignore"`` such an entry is left out of the loss, and the other labels of the
# same gene still count. To leave out every gene of which something is missing is no
# alternative here: hardly any gene would be left.


def mean_log_loss(p):
    """Over the labels, on the genes that were not trained on."""
    return np.mean([log_loss(y, q) for y, q in zip(Y_test.T, p.T, strict=True)])


shares = [0.0, 0.2, 0.4, 0.6, 0.8]
losses = []
for share in shares:
    hidden = np.random.default_rng(0).uniform(size=Y_train.shape) < share
    model = network(missing_labels="ignore").fit(X_train, np.where(hidden, np.nan, Y_train))
    p = model.predict_proba(X_test)
    losses.append(mean_log_loss(p))
    complete = (~hidden).all(axis=1).sum()
    print(f"{share:.0%} unknown: log loss {losses[-1]:.3f}; {complete} rows of {len(hidden)} whole")

frequency = Y_train.mean(axis=0)
order = np.argsort(frequency)
figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4), width_ratios=[2, 1], layout="constrained"
)
places = np.arange(14)
left.bar(places - 0.2, scores["0.5"][order], 0.4, color="0.6", label="threshold 0.5")
left.bar(places + 0.2, scores["tuned"][order], 0.4, color="tab:blue", label="tuned threshold")
left.set(
    xticks=places,
    xticklabels=[f"{frequency[j]:.0%}" for j in order],
    xlabel="function, by its share of the genes",
    ylabel="F1 on unseen genes",
)
left.legend()
right.plot(shares, losses, "o-")
right.axhline(
    mean_log_loss(np.broadcast_to(frequency, Y_test.shape)),
    color="0.4",
    linestyle="--",
    label="frequencies alone",
)
right.set(xlabel="share of training labels unknown", ylabel="log loss on unseen genes")
right.legend()
figure.suptitle("Yeast: 14 labels at once")

if "sphinx_gallery" in sys.modules or plt.get_backend().lower() != "agg":
    plt.show()
else:  # there is no display
    figure.savefig("multilabel_yeast.png", dpi=120)
    print("\nThe picture is in multilabel_yeast.png.")

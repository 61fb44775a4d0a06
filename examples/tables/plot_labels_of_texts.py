"""
================================================
Several labels for a text: do the defaults work?
================================================

A text may have several labels, or none. TF-IDF turns it into thousands of numbers, most of them
zero, and a network with a sigmoid for each label learns from these. Does the automatic penalty suit
such data?
"""

# %%
# Reports that were made up, and real docstrings
# ----------------------------------------------
# In the made-up reports, each of twelve topics has its own words, mixed with meaningless ones.
# The real texts are scikit-learn's docstrings, down to the list of parameters. Their labels are six
# of these parameters: does the description tell whether there is a ``random_state``?

import inspect
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils.discovery import all_estimators, all_functions
from threadpoolctl import threadpool_limits

from skneural import SigmoidMLPClassifier

PARAMETERS = ["random_state", "n_jobs", "sample_weight", "max_iter", "tol", "verbose"]


def make_reports(n, rng):
    """Make texts of ten random words and six of each topic, and the topics."""
    words = np.array([f"word{k}" for k in range(600)])
    topics = [rng.choice(words, 15, replace=False) for _ in range(12)]
    Y = rng.uniform(size=(n, 12)) < np.linspace(0.05, 0.3, 12)
    texts = []
    for row in Y:
        own = [rng.choice(topics[k], 6) for k in np.flatnonzero(row)]
        texts.append(" ".join(np.concatenate([rng.choice(words, 10), *own])))
    return texts, Y.astype(int)


def read_docstrings():
    """Collect the descriptions of estimators and functions, and the parameters they have."""
    texts, Y = [], []
    for _, thing in [*all_estimators(), *all_functions()]:
        functions = [thing, thing.fit] if hasattr(thing, "fit") else [thing]
        names = {name for one in functions for name in inspect.signature(one).parameters}
        texts.append((inspect.getdoc(thing) or "").split("Parameters\n---")[0])
        Y.append([parameter in names for parameter in PARAMETERS])
    return texts, np.array(Y, dtype=int)


corpora = {"made-up reports": make_reports(1400, np.random.default_rng(0))}
corpora["docstrings of scikit-learn"] = read_docstrings()

# %%
# Three networks
# --------------
# With the default ``alpha="auto"``, the penalty of the first layer is that of the coefficients of
# standardised words. A rare word has a small standard deviation, and its coefficient is penalised
# little. A number for ``alpha`` penalises the coefficients of all words alike.

classifiers = {
    "SigmoidMLP": SigmoidMLPClassifier(random_state=0),
    "SigmoidMLP, alpha=1": SigmoidMLPClassifier(alpha=1.0, random_state=0),
    "MLPClassifier": MLPClassifier(random_state=0),
}
measured = {}
with threadpool_limits(1):  # on so few rows, more threads cost more than they save
    for corpus, (texts, Y) in corpora.items():
        train, test, Y_train, Y_test = train_test_split(
            texts, Y, train_size=400 if len(texts) > 1000 else 0.7, random_state=0
        )
        print(f"{corpus}: {len(train)} to train on, {len(test)} to test")
        for name, classifier in classifiers.items():
            model = make_pipeline(TfidfVectorizer(sublinear_tf=True, min_df=2), classifier)
            with warnings.catch_warnings():  # MLPClassifier stops at 200 epochs on the reports
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(train, Y_train)
            loss = log_loss(Y_test.ravel(), model.predict_proba(test).ravel())
            f1 = f1_score(Y_test, model.predict(test), average="macro", zero_division=0)
            measured[corpus, name] = loss, f1
            print(f"  {name:20s}  log loss per label {loss:.3f}  mean F1 {f1:.3f}")

# %%

figure, axes = plt.subplots(1, 2, figsize=(8, 3), sharey=True, layout="constrained")
for ax, corpus in zip(axes, corpora, strict=True):
    losses = [measured[corpus, name][0] for name in classifiers]
    ax.barh(list(classifiers), losses, color=["tab:orange", "navajowhite", "0.5"])
    ax.set(title=corpus, xlabel="log loss per label")
axes[0].invert_yaxis()
title = figure.suptitle("The automatic penalty suits both corpora")

# %%
# On the reports, the default is better than a fixed penalty, and much better than MLPClassifier. On
# the docstrings, all three are close. A few hundred texts with thousands of words are difficult for
# an automatic penalty, because they do not determine most of the weights. The fit notices this on
# texts that it has not trained on, and :ref:`weakens the penalty <guide-alpha-auto>`. It still
# predicts fewer labels there than with ``alpha=1``. If the F1 score is what counts, :ref:`tune the
# thresholds <sphx_glr_auto_examples_targets_plot_several_labels.py>`.
#
# TF-IDF makes a sparse matrix, which the network accepts as it is. The
# :doc:`user guide </user_guide/tables>` has more about texts.

plt.show()

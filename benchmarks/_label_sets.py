"""Data with several labels: made up from a seed, genes of yeast, and moods of music."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from _multiflow import read
from multilabel_yeast import load as load_yeast

N_TEST = 2000  # unseen rows of a made-up set
TRAIN_SHARE = 0.7  # of the real ones
N_MOODS = 6


# --- Scores, of which the labels are made ---------------------------------------------------


def linear(rng, X, n_labels):
    """A direction of its own for each label."""
    return X @ rng.normal(size=(X.shape[1], n_labels))


def few_factors(rng, X, n_labels):
    """Mixtures of few directions, so that labels are correlated."""
    return linear(rng, X, 3 + n_labels // 15) @ rng.normal(size=(3 + n_labels // 15, n_labels))


def curved(rng, X, n_labels):
    """The outputs of a random network of 15 units of tanh."""
    return linear(rng, np.tanh(2 * standardised(linear(rng, X, 15))), n_labels)


def one_curved(rng, X, n_labels):
    """The same for all labels."""
    return np.repeat(curved(rng, X, 1), n_labels, axis=1)


def of_all_kinds(rng, X, n_labels):
    """A third each linear, curved, and without any connection to the features."""
    n = n_labels // 3
    without = rng.normal(size=(len(X), n_labels - 2 * n))
    return np.hstack([few_factors(rng, X, n), curved(rng, X, n), without])


def unrelated(rng, X, n_labels):
    """Without any connection to the features."""
    return rng.normal(size=(len(X), n_labels))


def standardised(values):
    return (values - values.mean(axis=0)) / values.std(axis=0)


# --- Labels --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """How a set is made: the share of rows that have a label runs from `lowest` to `highest`."""

    rows: int  # to train on
    features: int
    labels: int
    make_scores: Callable
    lowest: float
    highest: float
    noise: float  # scale of a logistic distribution; the scores have a deviation of 1
    shared: bool = False  # whether all labels of a row have the same noise
    exclusive: bool = False  # whether a row has just one label, that of the highest score

    def make(self, rng):
        """Features, labels, and the number of rows to train on."""
        X = rng.normal(size=(self.rows + N_TEST, self.features))
        scores = standardised(self.make_scores(rng, X, self.labels))
        width = 1 if self.shared else self.labels
        scores += self.noise * rng.logistic(size=(len(X), width))
        if self.exclusive:
            return X, np.eye(self.labels, dtype=int)[scores.argmax(axis=1)], self.rows
        shares = rng.permutation(np.geomspace(self.lowest, self.highest, self.labels))
        ranks = scores.argsort(axis=0).argsort(axis=0)  # 0 is the lowest
        return X, (ranks >= (1 - shares) * len(X)).astype(int), self.rows


RECIPES = {
    "copies": Recipe(300, 20, 10, one_curved, 0.4, 0.4, 0.4, shared=True),
    "linear": Recipe(300, 20, 8, linear, 0.1, 0.5, 0.3),
    "unrelated": Recipe(500, 30, 5, unrelated, 0.05, 0.5, 0.0),
    "nested": Recipe(600, 30, 15, one_curved, 0.05, 0.5, 0.3, shared=True),
    "exclusive": Recipe(900, 25, 12, linear, 0.08, 0.08, 0.1, exclusive=True),
    "factors": Recipe(1000, 50, 30, few_factors, 0.02, 0.5, 0.2),
    "curved": Recipe(1500, 10, 4, curved, 0.2, 0.5, 0.05),
    "all kinds": Recipe(2000, 60, 40, of_all_kinds, 0.01, 0.5, 0.2),
    "rare": Recipe(3000, 40, 100, few_factors, 0.01, 0.05, 0.2),
}


def load_label_sets(seed, music):
    """Sets by name, each X, Y and the number of rows to train on; `music` is an archive."""
    sets = {
        name: recipe.make(np.random.default_rng([seed, number]))
        for number, (name, recipe) in enumerate(RECIPES.items())
    }
    X, Y = load_yeast()
    sets["yeast"] = X, Y, int(TRAIN_SHARE * len(X))
    moods = read("music", music)
    if moods is not None:
        X, Y = moods.iloc[:, N_MOODS:].to_numpy(float), moods.iloc[:, :N_MOODS].to_numpy(int)
        sets["music"] = X, Y, int(TRAIN_SHARE * len(X))
    return sets

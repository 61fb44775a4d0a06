"""Small clean tasks of two classes, as people first try a classifier on."""

import numpy as np
from sklearn.datasets import make_moons

N_TEST = 2000


def xor(rng):
    return np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float), np.array([0, 1, 1, 0])


def parity(rng, n_bits=6):
    """All rows of that many bits, as -1 and 1: is the number of -1 even?"""
    X = 2.0 * (np.arange(2**n_bits)[:, None] >> np.arange(n_bits) & 1) - 1
    return X, (X.prod(axis=1) > 0).astype(int)


def moons(n, rng):
    return make_moons(n, noise=0.2, random_state=int(rng.integers(2**31)))


def chessboard(n, rng, side):
    X = rng.uniform(0, side, (n, 2))
    return X, X.astype(int).sum(axis=1) % 2


def spirals(n, rng):
    """Two arms of one and a half turns, with some noise."""
    y = rng.integers(2, size=n)
    radius = np.sqrt(rng.uniform(0.02, 1, n))
    angle = 3 * np.pi * radius + np.pi * y
    X = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return X + rng.normal(scale=0.03, size=X.shape), y


def waves(n, rng):
    """One feature, and seven changes from one class to the other."""
    x = rng.uniform(-1, 1, (n, 1))
    return x, (np.sin(12 * x[:, 0]) > 0).astype(int)


# Called with the generator; all rows are trained on, and judged.
COMPLETE = {"XOR": xor, "parity": parity}
# Called with the number of rows and the generator, and judged on fresh rows.
SAMPLED = {
    "moons": moons,
    "chessboard 2 x 2": lambda n, rng: chessboard(n, rng, side=2),
    "chessboard 4 x 4": lambda n, rng: chessboard(n, rng, side=4),
    "spirals": spirals,
    "waves": waves,
}

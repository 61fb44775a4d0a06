"""A slow reference: the objective from its definition, in plain numpy.

It shares nothing with the package. A soft label is the row once for each class, a unit is a column,
a target is a loop, and a derivative is the imaginary part of a complex step::

    dJ / dx = Im J(x + i h) / h

in which nothing cancels, so that it is as exact as J.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

STEP = 1e-30


@dataclass
class Problem:
    """The objective; `shares` has an array of shape (n_rows, K_j) for each target.

    A label is a row with a 1; a soft label, a row of probabilities; a missing one, a row of zeros.
    """

    output: str
    activation: str
    alpha: float
    X: np.ndarray
    shares: list
    weight: np.ndarray
    class_weight: list
    label_smoothing: float

    def label_weights(self):
        """The weight of each row, for each class of each target."""
        pairs = zip(self.shares, self.class_weight, strict=True)
        return [self.weight[:, None] * share * classes for share, classes in pairs]

    def objective(self, coefs, intercepts):
        """J; the weights may be complex."""
        z = logits(self.X, coefs, intercepts, self.activation)
        weights = self.label_weights()
        total = sum(each.sum() for each in weights) / len(weights)
        penalty = self.alpha / 2 * sum((coef**2).sum() for coef in coefs)
        losses = 0.0
        for units, weight in zip(split(z, self.output, self.shares), weights, strict=True):
            for code in range(weight.shape[1]):
                loss = LOSSES[self.output](units, code, weight.shape[1], self.label_smoothing)
                losses = losses + (weight[:, code] * loss).sum()
        return (losses + penalty) / total

    def gradient(self, coefs, intercepts):
        """The derivatives of J by each weight, as arrays like `coefs` and `intercepts`."""
        parts = [np.array(part, dtype=complex) for part in [*coefs, *intercepts]]
        gradients = [np.empty(part.shape) for part in parts]
        for part, gradient in zip(parts, gradients, strict=True):
            for place in np.ndindex(part.shape):
                part[place] += 1j * STEP
                value = self.objective(parts[: len(coefs)], parts[len(coefs) :])
                part[place] = part[place].real
                gradient[place] = value.imag / STEP
        return gradients[: len(coefs)], gradients[len(coefs) :]

    def is_at_a_kink(self, coefs, intercepts, rtol):
        """Whether the slope of a rectified unit depends on how a row's sum is rounded."""
        a = self.X
        for coef, intercept in zip(coefs[:-1], intercepts[:-1], strict=True):
            rounding = rtol * (abs(a) @ abs(coef) + abs(intercept))
            a = a @ coef + intercept
            if self.activation == "relu" and (abs(a) <= rounding).any():
                return True
            a = ACTIVATIONS[self.activation](a)
        return False

    def used(self):
        """Which features differ among the rows with a weight; the first one, if none does."""
        X = self.X[sum(each.sum(axis=1) for each in self.label_weights()) > 0]
        varying = (X[0] != X).any(axis=0)
        return varying if varying.any() else np.arange(len(varying)) == 0

    def minimum(self, n_units):
        """The smallest J without hidden layers."""
        shape = self.X.shape[1], n_units

        def unpack(theta):
            return [theta[n_units:].reshape(shape)], [theta[:n_units]]

        def function(theta):
            (coef,), (intercept,) = self.gradient(*unpack(theta))
            return self.objective(*unpack(theta)), np.r_[intercept, coef.ravel()]

        start = np.zeros(n_units * (1 + shape[0]))
        return minimize(function, start, jac=True, method="BFGS", options={"gtol": 1e-8}).fun

    def probabilities(self, coefs, intercepts):
        """The probabilities of the classes of each target."""
        z = logits(self.X, coefs, intercepts, self.activation)
        pairs = zip(split(z, self.output, self.shares), self.shares, strict=True)
        return [PROBABILITIES[self.output](part, share.shape[1]) for part, share in pairs]


def logits(X, coefs, intercepts, activation):
    a = X
    for coef, intercept in zip(coefs[:-1], intercepts[:-1], strict=True):
        a = ACTIVATIONS[activation](a @ coef + intercept)
    return a @ coefs[-1] + intercepts[-1]


def split(z, output, shares):
    """The columns of each target; a sigmoid for two classes is a single column."""
    widths = [1 if output == "logistic" and s.shape[1] == 2 else s.shape[1] for s in shares]
    return np.split(z, np.cumsum(widths)[:-1], axis=1)


def softplus(z):
    large = z.real > 0
    return np.where(large, z, 0) + np.log1p(np.exp(np.where(large, -z, z)))


def log_softmax(z):
    z = z - z.real.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def softmax_loss(z, code, n_classes, smoothing):
    target = smoothing / n_classes + (1 - smoothing) * (np.arange(n_classes) == code)
    return -(target * log_softmax(z)).sum(axis=1)


def sigmoid_loss(z, code, n_classes, smoothing):
    classes = np.array([1]) if n_classes == 2 else np.arange(n_classes)
    target = smoothing / 2 + (1 - smoothing) * (classes == code)
    return (target * softplus(-z) + (1 - target) * softplus(z)).sum(axis=1)


def softmax_probabilities(z, n_classes):
    return np.exp(log_softmax(z))


def sigmoid_probabilities(z, n_classes):
    log_yes, log_no = -softplus(-z), -softplus(z)
    columns = np.hstack([log_no, log_yes]) if n_classes == 2 else log_yes
    return np.exp(log_softmax(columns))  # one-vs-rest activations are divided by their sum


LOSSES = {"softmax": softmax_loss, "logistic": sigmoid_loss}
PROBABILITIES = {"softmax": softmax_probabilities, "logistic": sigmoid_probabilities}
ACTIVATIONS = {
    "identity": lambda z: z,
    "logistic": lambda z: np.exp(-softplus(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.where(z.real > 0, z, 0),
    "softplus": softplus,
    "silu": lambda z: z * np.exp(-softplus(-z)),
}

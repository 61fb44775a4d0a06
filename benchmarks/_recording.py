"""Trainings of networks with 100 ReLU units, whose weights are noted on the way."""

import warnings
from contextlib import suppress
from functools import partial
from itertools import pairwise
from time import perf_counter
from unittest.mock import patch

import numpy as np
import scipy.optimize
from scipy.special import log_expit, log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from skneural._training.progress import Progress

try:
    import torch
except ImportError:
    torch = None

HIDDEN = (100,)


def _sizes(X, y):
    """Sizes of the layers; classes are 0, 1, ..., or y has a column for each label."""
    return X.shape[1], *HIDDEN, y.shape[1] if y.ndim == 2 else int(y.max()) + 1


def logits(layers, X):
    for depth, (coef, intercept) in enumerate(layers):
        X = np.maximum(X, 0, out=X) if depth else X
        X = X @ coef
        X += intercept
    return X


def log_probabilities(layers, X, sigmoid=False):
    z = logits(layers, X)
    # Sigmoids are divided by their sum.
    return log_softmax(log_expit(z) if sigmoid else z, axis=1)


def cross_entropy(log_p, y):
    return -float(np.mean(log_p[np.arange(len(y)), y], dtype=np.float64))


def seconds_to(run, reached):
    """Seconds of the first point where `reached`, an array of bools, is true, or else inf."""
    return run["seconds"][int(np.argmax(reached))] if np.any(reached) else np.inf


class Reached(Exception):
    """Ends a training from within."""


class Recorder:
    """Keeps weights and the seconds of training until then; taking them down does not count.

    Raises `Reached` once `judge(weights)` is not above `goal`. As that takes long, it is asked
    only where the loss that the solver sees is near. That one itself will not do:
    MLPClassifier cuts off the loss of single rows.
    """

    def __init__(self, judge=None, goal=-np.inf):
        self.seconds, self.points = [], []
        self._judge, self._goal = judge, goal
        self._start = perf_counter()

    def note(self, layers, loss=np.inf):
        now = perf_counter()
        self.seconds.append(now - self._start)
        self.points.append([tuple(np.array(part, np.float32) for part in pair) for pair in layers])
        if loss < 1.01 * self._goal and self._judge(self.points[-1]) <= self._goal:
            raise Reached
        self._start += perf_counter() - now


def train_ours(make, X, y, seed, recorder, **parameters):
    original, sizes = Progress.add_iterate, _sizes(X, y)

    def add_iterate(progress, theta, loss, gradient_norm):
        reason = original(progress, theta, loss, gradient_norm)
        recorder.note(_our_layers(theta, sizes), loss)
        return reason

    with patch.object(Progress, "add_iterate", add_iterate):
        model = make(HIDDEN, random_state=seed, **parameters).fit(X, y)
    for (coef, _), fitted in zip(recorder.points[-1], model.coefs_, strict=True):
        np.testing.assert_allclose(coef, fitted, atol=1e-5, err_msg="not what the fit kept")


def _our_layers(theta, sizes):
    """Coefficients and intercept of each layer, whose first row is the intercept."""
    for fan_in, fan_out in pairwise(sizes):
        piece, theta = np.split(theta, [(1 + fan_in) * fan_out])
        piece = piece.reshape(1 + fan_in, fan_out)
        yield piece[1:], piece[0]


def train_scikit_learn_adam(n_epochs, X, y, seed, recorder):
    original = MLPClassifier._update_no_improvement_count

    def after_epoch(model, *args):
        recorder.note(zip(model.coefs_, model.intercepts_, strict=True))
        original(model, *args)

    # Not warm starts of one epoch each: they would forget Adam's moments.
    with patch.object(MLPClassifier, "_update_no_improvement_count", after_epoch):
        MLPClassifier(HIDDEN, max_iter=n_epochs, random_state=seed).fit(X, y)


def train_scikit_learn_lbfgs(X, y, seed, recorder, **parameters):
    sizes = _sizes(X, y)

    def callback(intermediate_result):
        recorder.note(_scikit_learn_layers(intermediate_result.x, sizes), intermediate_result.fun)

    minimize = partial(scipy.optimize.minimize, callback=callback)
    model = MLPClassifier(HIDDEN, solver="lbfgs", random_state=seed, **parameters)
    with patch("scipy.optimize.minimize", minimize):
        model.fit(X, y)


def _scikit_learn_layers(theta, sizes):
    """All coefficients come first, then all intercepts."""
    shapes = [*pairwise(sizes), *((size,) for size in sizes[1:])]
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    pieces = np.split(theta, ends[:-1])
    parts = [piece.reshape(shape) for piece, shape in zip(pieces, shapes, strict=True)]
    return zip(parts[: len(sizes) - 1], parts[len(sizes) - 1 :], strict=True)


def _torch_model(sizes, seed):
    torch.manual_seed(seed)
    layers = [torch.nn.Linear(*pair) for pair in pairwise(sizes)]
    return torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1]), layers


def _torch_layers(layers):
    return [(layer.weight.detach().numpy().T, layer.bias.detach().numpy()) for layer in layers]


def train_torch_adam(batch_size, n_epochs, X, y, seed, recorder):
    model, layers = _torch_model(_sizes(X, y), seed)
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    loss, optimizer = torch.nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(n_epochs):
        for batch in torch.randperm(len(y)).split(batch_size):
            optimizer.zero_grad()
            loss(model(X.index_select(0, batch)), y.index_select(0, batch)).backward()
            optimizer.step()
        recorder.note(_torch_layers(layers))


def train_torch_lbfgs(X, y, seed, recorder, max_iter, alpha=0.0):
    model, layers = _torch_model(_sizes(X, y), seed)
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    loss = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.LBFGS(
        model.parameters(),
        max_iter=max_iter,
        max_eval=10 * max_iter,
        history_size=10,
        line_search_fn="strong_wolfe",
    )

    def closure():
        optimizer.zero_grad()
        objective = loss(model(X), y)
        if alpha:
            squares = sum(layer.weight.square().sum() for layer in layers)
            objective = objective + alpha / (2 * len(y)) * squares
        objective.backward()
        # A trial of the line search, which may be better than any iterate so far: PyTorch has
        # no hook after iterations, and steps of one iteration would cost it evaluations.
        recorder.note(_torch_layers(layers), objective.item())
        return objective

    optimizer.step(closure)


def train(method, X, y, seed, **until):
    """The recorder of a training; `until` are its parameters."""
    recorder = Recorder(**until)
    with warnings.catch_warnings(), suppress(Reached):
        warnings.simplefilter("ignore", ConvergenceWarning)
        method(X, y, seed, recorder)
    return recorder


def warm_up(methods):
    """Train each on a few made-up rows, since some things are done only once."""
    X = np.random.default_rng(0).normal(size=(2000, 10)).astype(np.float32)
    for method in methods:
        train(method, X, np.arange(2000) % 3, seed=0)

"""Fashion-MNIST, and networks trained on it whose weights are taken down on the way."""

import gzip
import warnings
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

import numpy as np
import scipy.optimize
from sklearn.datasets import fetch_openml
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from skneural._training.progress import Progress

try:
    import torch
except ImportError:
    torch = None

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
HEADERS = {"images-idx3-ubyte": 16, "labels-idx1-ubyte": 8}  # their length in bytes
SIZES = (784, 100, 10)  # of the layers
EPOCHS = 20  # of Adam


def load_data():
    """Training images and labels, test images and labels."""
    if DEBIAN.exists():
        parts = [_idx(f"{part}-{kind}") for part in ("train", "t10k") for kind in HEADERS]
    else:
        X, y = fetch_openml("Fashion-MNIST", version=1, return_X_y=True, as_frame=False)
        parts = [X[:60_000], y[:60_000], X[60_000:], y[60_000:]]
    X, y, X_test, y_test = parts
    scale = partial(np.multiply, np.float32(1 / 255), dtype=np.float32)
    return scale(X), y.astype(np.int64), scale(X_test), y_test.astype(np.int64)


def _idx(name):
    kind = name.split("-", 1)[1]
    values = np.frombuffer(gzip.decompress((DEBIAN / f"{name}.gz").read_bytes()), np.uint8)
    values = values[HEADERS[kind] :]
    return values.reshape(-1, SIZES[0]) if kind.startswith("images") else values


# --- Training ------------------------------------------------------------------------------


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
    original = Progress.add_iterate

    def add_iterate(progress, theta, loss, gradient_norm):
        reason = original(progress, theta, loss, gradient_norm)
        recorder.note(_our_layers(theta), loss)
        return reason

    with patch.object(Progress, "add_iterate", add_iterate):
        model = make(SIZES[1:-1], random_state=seed, **parameters).fit(X, y)
    for (coef, _), fitted in zip(recorder.points[-1], model.coefs_, strict=True):
        np.testing.assert_allclose(coef, fitted, atol=1e-5, err_msg="not what the fit kept")


def _our_layers(theta):
    """Coefficients and intercept of each layer, whose first row is the intercept."""
    for fan_in, fan_out in pairwise(SIZES):
        piece, theta = np.split(theta, [(1 + fan_in) * fan_out])
        piece = piece.reshape(1 + fan_in, fan_out)
        yield piece[1:], piece[0]


def train_scikit_learn_adam(X, y, seed, recorder):
    original = MLPClassifier._update_no_improvement_count

    def after_epoch(model, *args):
        recorder.note(zip(model.coefs_, model.intercepts_, strict=True))
        original(model, *args)

    # Not warm starts of one epoch each: they would forget Adam's moments.
    with patch.object(MLPClassifier, "_update_no_improvement_count", after_epoch):
        MLPClassifier(SIZES[1:-1], max_iter=EPOCHS, random_state=seed).fit(X, y)


def train_scikit_learn_lbfgs(X, y, seed, recorder, **parameters):
    def callback(intermediate_result):
        recorder.note(_scikit_learn_layers(intermediate_result.x), intermediate_result.fun)

    minimize = partial(scipy.optimize.minimize, callback=callback)
    model = MLPClassifier(SIZES[1:-1], solver="lbfgs", random_state=seed, **parameters)
    with patch("scipy.optimize.minimize", minimize):
        model.fit(X, y)


def _scikit_learn_layers(theta):
    """All coefficients come first, then all intercepts."""
    shapes = [*pairwise(SIZES), *((size,) for size in SIZES[1:])]
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    pieces = np.split(theta, ends[:-1])
    parts = [piece.reshape(shape) for piece, shape in zip(pieces, shapes, strict=True)]
    return zip(parts[: len(SIZES) - 1], parts[len(SIZES) - 1 :], strict=True)


def _torch_model(seed):
    torch.manual_seed(seed)
    layers = [torch.nn.Linear(*pair) for pair in pairwise(SIZES)]
    return torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1]), layers


def _torch_layers(layers):
    return [(layer.weight.detach().numpy().T, layer.bias.detach().numpy()) for layer in layers]


def train_torch_adam(batch_size, X, y, seed, recorder):
    model, layers = _torch_model(seed)
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    loss, optimizer = torch.nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(y)).split(batch_size):
            optimizer.zero_grad()
            loss(model(X.index_select(0, batch)), y.index_select(0, batch)).backward()
            optimizer.step()
        recorder.note(_torch_layers(layers))


def train_torch_lbfgs(X, y, seed, recorder, max_iter, alpha=0.0):
    model, layers = _torch_model(seed)
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

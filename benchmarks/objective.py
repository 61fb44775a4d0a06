"""How fast are one evaluation of loss and gradient, and a fit on small data?

Run ``python benchmarks/objective.py``. It writes three tables:

1. The memory that a fit to 60000 rows of 784 features and 10 classes takes beyond the data.
2. One evaluation of loss and gradient of that size: ours, the same matrix products alone (at
   the best block size and threading found), scikit-learn's MLPClassifier and, if it is
   installed, PyTorch.
3. Fits on small data to the same training loss, ours and MLPClassifier's with L-BFGS.

Peers run in the same process, in turn; the figures are medians, the ratios those of medians.
"""

import argparse
import resource
import subprocess
import sys
import warnings
from functools import partial
from itertools import pairwise
from statistics import median
from unittest.mock import patch

import numpy as np
from _products import products
from _results import machine, median_times, table, write
from scipy.optimize import OptimizeResult
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from skneural import SoftmaxMLPClassifier
from skneural._data import Rows, shard_map
from skneural._network import ACTIVATIONS, Network, Objective, SoftmaxOutput

N_ROWS, N_FEATURES, N_CLASSES = 60_000, 784, 10
HIDDEN = [(100,), (256, 256)]


def make_data(dtype):
    rng = np.random.default_rng(0)
    X = rng.random((N_ROWS, N_FEATURES), dtype=dtype)
    return X, rng.integers(N_CLASSES, size=N_ROWS)


# --- Memory --------------------------------------------------------------------------------


def memory_rows():
    for dtype in ("float32", "float64"):
        command = [sys.executable, __file__, "--memory", dtype]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        yield dtype, run.stdout.strip()


def print_memory(dtype):
    X, y = make_data(np.dtype(dtype))
    warm_up = SoftmaxMLPClassifier((2,), max_iter=1)
    fit_quietly(warm_up, X[:5000, :5].copy(), y[:5000])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fit_quietly(SoftmaxMLPClassifier((256, 256), max_iter=100, random_state=0), X, y)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{(after - before) / 1024:.0f}")


# --- One evaluation ------------------------------------------------------------------------


def our_evaluation(X, y, hidden):
    activations = [ACTIVATIONS["relu"]] * len(hidden)
    network = Network(N_FEATURES, hidden, activations, SoftmaxOutput((N_CLASSES,)))
    rows = Rows(X, y[:, None].astype(np.int8), np.ones(N_ROWS))
    objective = Objective(network, rows, np.ones(len(hidden) + 1))
    theta = network.initial_weights(np.random.RandomState(0))

    def evaluate():
        with shard_map(np.inf) as objective.map_shards:
            objective(theta)

    return evaluate


def scikit_learn_evaluation(X, y, hidden):
    """MLPClassifier's own loss and gradient, with float64 weights, as scipy calls it."""
    given = {}

    def take(function, x0, args, **_):
        given.update(function=function, x0=x0, args=args)
        return OptimizeResult(x=x0, fun=0.0, nit=1, success=True, status=0, message="")

    with patch("scipy.optimize.minimize", take):
        MLPClassifier(hidden, solver="lbfgs", alpha=1.0, random_state=0).fit(X, y)
    theta = given["x0"].astype(np.float64)
    return lambda: given["function"](theta, *given["args"])


def torch_evaluation(X, y, hidden):
    try:
        import torch
    except ImportError:
        return None
    sizes = [N_FEATURES, *hidden, N_CLASSES]
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1]).to(getattr(torch, X.dtype.name))
    loss, X, y = torch.nn.CrossEntropyLoss(), torch.from_numpy(X), torch.from_numpy(y)

    def evaluate():
        model.zero_grad()
        loss(model(X), y).backward()

    return evaluate


def evaluation_rows(repeats):
    for dtype in (np.float32, np.float64):
        X, y = make_data(dtype)
        for hidden in HIDDEN:
            times = evaluation_times(X, y, hidden, repeats)
            best = min(value for name, value in times.items() if name.startswith("products"))
            ours, theirs, torch = times["ours"], times["sklearn"], times.get("torch", np.nan)
            seconds = [f"{value:.3f}" for value in (ours, best, theirs, torch)]
            ratios = [f"{value:.2f}" for value in (best / ours, ours / theirs, ours / torch)]
            yield np.dtype(dtype).name, hidden, *seconds, *ratios


def evaluation_times(X, y, hidden, repeats):
    functions = {
        "ours": our_evaluation(X, y, hidden),
        "sklearn": scikit_learn_evaluation(X, y, hidden),
        "torch": torch_evaluation(X, y, hidden),
        "products": products(X, (*hidden, N_CLASSES)),
    }
    for block_rows in (256, 512, 1024, 2048):
        functions[f"products {block_rows}"] = products(X, (*hidden, N_CLASSES), block_rows)
    present = {name: function for name, function in functions.items() if function}
    return median_times(present, repeats)


# --- Small data ----------------------------------------------------------------------------


def fit_quietly(model, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


def our_model(seed, max_iter=2000):
    return SoftmaxMLPClassifier(alpha=1.0, random_state=seed, max_iter=max_iter)


def peer_model(seed, max_iter=2000):
    return MLPClassifier(
        solver="lbfgs", alpha=1.0, random_state=seed, max_iter=max_iter, max_fun=10**6
    )


def peer_iterations(loss, X, y, seed, most):
    """The fewest iterations after which MLPClassifier's loss is not above `loss`."""
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        reached = fit_quietly(peer_model(seed, middle), X, y).loss_ <= loss
        low, high = (low, middle) if reached else (middle + 1, high)
    return low


def small_data_rows(repeats, seeds):
    for name, load in {"digits": load_digits, "wine": load_wine, "iris": load_iris}.items():
        X, y = load(return_X_y=True)
        X = StandardScaler().fit_transform(X)
        yield name, f"{median(small_data_ratio(X, y, seed, repeats) for seed in seeds):.2f}"


def small_data_ratio(X, y, seed, repeats):
    """Our time over MLPClassifier's to within 0.1 % of the higher of the two final losses."""
    ours, peer = (fit_quietly(make(seed), X, y) for make in (our_model, peer_model))
    loss = 1.001 * max(ours.loss_, peer.loss_)
    n_iter = {
        our_model: 1 + int(np.argmax(np.array(ours.loss_curve_) <= loss)),
        peer_model: peer_iterations(loss, X, y, seed, peer.n_iter_),
    }
    fits = {make: partial(fit_quietly, make(seed, most), X, y) for make, most in n_iter.items()}
    times = median_times(fits, repeats)
    return times[our_model] / times[peer_model]


# --- Report --------------------------------------------------------------------------------


def report(repeats, seeds):
    # Memory first: a process starts with the peak of the one that it comes from.
    memory = table(["fit", "memory, MB"], memory_rows())
    header = ["dtype", "hidden layers", "ours, s", "products, s", "MLPClassifier, s", "PyTorch, s"]
    header += ["products / ours", "ours / MLPClassifier", "ours / PyTorch"]
    evaluations = table(header, evaluation_rows(repeats))
    small = table(["data", "time / MLPClassifier's"], small_data_rows(repeats, seeds))
    return (
        "# Evaluation, memory, small fits\n\n"
        f"By `benchmarks/objective.py`: {N_ROWS} rows, {N_FEATURES} features, {N_CLASSES} "
        f"classes.\n\n{machine()}\n\n"
        "One evaluation of loss and gradient, and its matrix products alone:\n\n"
        f"{evaluations}\n\n"
        "Peak memory of a fit with hidden layers (256, 256), at most 100 iterations, beyond the "
        "data:\n\n"
        f"{memory}\n\n"
        "Fits on small data (scaled, 100 hidden units, alpha=1) to the same training loss, within "
        "0.1 % of the higher of the two final losses; medians over seeds "
        f"{seeds[0]} to {seeds[-1]}:\n\n{small}\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memory", metavar="DTYPE", help="print the memory of one fit only")
    parser.add_argument("--repeats", type=int, default=7, help="runs of which to take the median")
    arguments = parser.parse_args()
    if arguments.memory:
        print_memory(arguments.memory)
        return
    markdown = report(arguments.repeats, seeds=range(10, 21))
    print(markdown)
    write("objective", markdown)


if __name__ == "__main__":
    main()

"""How fast are one evaluation of loss and gradient, and a fit on small data?

Run ``python benchmarks/objective.py``. It prints three tables:

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
from _results import machine, median_times
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


def memory_table():
    print("Peak memory of a fit with hidden layers (256, 256), 10 iterations, beyond the data\n")
    for dtype in ("float32", "float64"):
        command = [sys.executable, __file__, "--memory", dtype]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        print(f"{dtype}  {run.stdout.strip()} MB", flush=True)


def print_memory(dtype):
    X, y = make_data(np.dtype(dtype))
    warm_up = SoftmaxMLPClassifier((2,), max_iter=1)
    fit_quietly(warm_up, X[:5000, :5].copy(), y[:5000])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fit_quietly(SoftmaxMLPClassifier((256, 256), max_iter=10, random_state=0), X, y)
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


def products(X, hidden, block_rows=None):
    """The matrix products of a forward and a backward pass, and nothing else.

    With `block_rows`, blocks run on threads with BLAS held to one; without, BLAS does the
    threading of whole matrices.
    """
    n_shards, block_rows = (16, block_rows) if block_rows else (1, N_ROWS)
    rng = np.random.default_rng(0)
    sizes = [N_FEATURES, *hidden, N_CLASSES]
    coefs = [rng.random(shape).astype(X.dtype) for shape in pairwise(sizes)]
    shards = np.array_split(np.arange(0, N_ROWS, block_rows), n_shards)

    def shard(starts):
        values = [np.empty((block_rows, size), X.dtype) for size in sizes[1:]]
        deltas = [np.ones((block_rows, size), X.dtype) for size in sizes[1:]]
        slopes = [np.empty_like(coef) for coef in coefs]
        for start in starts:
            inputs = [X[start : start + block_rows]]
            n = len(inputs[0])
            for coef, z in zip(coefs, values, strict=True):
                np.dot(inputs[-1], coef, out=z[:n])
                inputs.append(z[:n])
            for depth in reversed(range(len(coefs))):
                np.dot(inputs[depth].T, deltas[depth][:n], out=slopes[depth])
                if depth:
                    np.dot(deltas[depth][:n], coefs[depth].T, out=deltas[depth - 1][:n])

    def evaluate():
        if n_shards == 1:
            shard(shards[0])
        else:
            with shard_map(np.inf) as map_shards:
                list(map_shards(shard, shards))

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


def evaluation_table(repeats):
    print(f"\nOne evaluation, {N_ROWS} x {N_FEATURES}, {N_CLASSES} classes: seconds, and ours as a")
    print("multiple of a peer's (for the products: their time as a share of ours)\n")
    print("dtype    hidden        ours  products  sklearn    torch   share  /sklearn  /torch")
    for dtype in (np.float32, np.float64):
        X, y = make_data(dtype)
        for hidden in HIDDEN:
            times = evaluation_times(X, y, hidden, repeats)
            best = min(value for name, value in times.items() if name.startswith("products"))
            ours, theirs, torch = times["ours"], times["sklearn"], times.get("torch", np.nan)
            print(
                f"{np.dtype(dtype).name:8s} {hidden!s:11s} {ours:6.3f}  {best:8.3f}  {theirs:7.3f}"
                f"  {torch:7.3f}  {best / ours:6.2f}  {ours / theirs:8.2f}  {ours / torch:6.2f}",
                flush=True,
            )


def evaluation_times(X, y, hidden, repeats):
    functions = {
        "ours": our_evaluation(X, y, hidden),
        "sklearn": scikit_learn_evaluation(X, y, hidden),
        "torch": torch_evaluation(X, y, hidden),
        "products": products(X, hidden),
    }
    for block_rows in (256, 512, 1024, 2048):
        functions[f"products {block_rows}"] = products(X, hidden, block_rows)
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


def small_data_table(repeats, seeds=range(10, 21)):
    print(
        "\nFits to the same training loss (scaled, 100 hidden units, alpha=1), the time to within"
    )
    print(f"0.1 % of the higher of the two final losses; seeds {seeds[0]} to {seeds[-1]}\n")
    print("data    seed      loss  iterations ours  sklearn    ms ours  sklearn   ratio")
    for name, load in {"digits": load_digits, "wine": load_wine, "iris": load_iris}.items():
        X, y = load(return_X_y=True)
        X = StandardScaler().fit_transform(X)
        ratios = []
        for seed in seeds:
            ours, peer = (fit_quietly(make(seed), X, y) for make in (our_model, peer_model))
            loss = 1.001 * max(ours.loss_, peer.loss_)
            n_iter = {
                "ours": 1 + int(np.argmax(np.array(ours.loss_curve_) <= loss)),
                "sklearn": peer_iterations(loss, X, y, seed, peer.n_iter_),
            }
            models = {"ours": our_model, "sklearn": peer_model}
            fits = {
                key: partial(fit_quietly, make(seed, n_iter[key]), X, y)
                for key, make in models.items()
            }
            times = median_times(fits, repeats)
            ratios.append(times["ours"] / times["sklearn"])
            print(
                f"{name:7s} {seed:4d}  {loss:8.5f}  {n_iter['ours']:15d}  {n_iter['sklearn']:7d}"
                f"  {1e3 * times['ours']:9.1f}  {1e3 * times['sklearn']:7.1f}  {ratios[-1]:6.2f}",
                flush=True,
            )
        print(f"{name:7s} median of ratios {median(ratios):.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memory", metavar="DTYPE", help="print the memory of one fit only")
    parser.add_argument("--repeats", type=int, default=7, help="runs of which to take the median")
    arguments = parser.parse_args()
    if arguments.memory:
        print_memory(arguments.memory)
        return
    print(f"{machine()}\n")
    memory_table()  # first: a process starts with the peak of the one that it comes from
    evaluation_table(arguments.repeats)
    small_data_table(arguments.repeats)


if __name__ == "__main__":
    main()

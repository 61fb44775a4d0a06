"""Do memory and time stay in bounds where the data do not fit into memory?

Run ``python benchmarks/larger_than_memory.py``. It makes files of up to a gigabyte in a temporary
directory, opens them as memory maps, and trains on them and predicts from them, each in a process
of its own. Of these it reads the anonymous resident memory: what was allocated, without the pages
of the files, which the system keeps in memory as long as it has room, and takes back when it has
not. The same for sparse rows of 100000 features, 50 of which are not zero.
"""

import argparse
import json
import re
import tempfile
import threading
import warnings
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from unittest.mock import patch

import matplotlib.pyplot as plt
import numpy as np
import scipy.sparse as sp
from _results import COLORS, TARGET_HEADER, in_a_fresh_process, machine, slope, table, target, write
from sklearn.exceptions import ConvergenceWarning

from skneural import SoftmaxMLPClassifier
from skneural._network import Objective

N_FEATURES, N_CLASSES, HIDDEN = 100, 10, (16,)
BLOCK = 100_000
SIZES = {"uint8": [10**5, 10**6, 10**7], "float32": [10**5, 10**6]}
SPARSE_SHAPE, SPARSE_PER_ROW, SPARSE_HIDDEN = (10**6, 10**5), 50, [10, 100]
PREDICTIONS = "predict", "predict_proba"
MEGABYTE = 2**20

# --- Data -----------------------------------------------------------------------------------


def make_files(folder, dtype, n_rows):
    """Features and labels of so many rows, written block by block; the class shows in one of 10."""
    rng = np.random.default_rng(0)
    with open(folder / "X", "wb") as features, open(folder / "y", "wb") as labels:
        for start in range(0, n_rows, BLOCK):
            n = min(BLOCK, n_rows - start)
            y = rng.integers(N_CLASSES, size=n, dtype=np.uint8)
            X = rng.integers(200, size=(n, N_FEATURES), dtype=np.uint8)
            X[np.arange(n), y] += 55
            X.astype(dtype).tofile(features)
            y.tofile(labels)


def open_files(folder, dtype):
    """Both as memory maps that can only be read."""
    X = np.memmap(folder / "X", dtype=dtype, mode="r").reshape(-1, N_FEATURES)
    return X, np.memmap(folder / "y", dtype=np.uint8, mode="r")


def sparse_data(n_rows, n_features):
    """Ones in random places, the first of which are the more frequent, as words are."""
    rng = np.random.default_rng(0)
    places = np.empty((n_rows, SPARSE_PER_ROW), dtype=np.int32)
    for start in range(0, n_rows, BLOCK):
        block = places[start : start + BLOCK]
        block[...] = np.sort(n_features * rng.random(block.shape) ** 3, axis=1)
    starts = np.arange(0, places.size + 1, SPARSE_PER_ROW, dtype=np.int32)
    values = np.ones(places.size, dtype=np.float32)
    X = sp.csr_array((values, places.ravel(), starts), shape=(n_rows, n_features))
    return X, (places[:, 0] % N_CLASSES).astype(np.uint8)


# --- What one process measures --------------------------------------------------------------


def anonymous_memory():
    """Resident bytes of this process that are of no file."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"RssAnon:\s+(\d+)", status)[1])


def watched(function):
    """What a function gives, and the most anonymous memory while it ran."""
    peak, is_over = anonymous_memory(), threading.Event()

    def watch():
        nonlocal peak
        while not is_over.is_set():
            peak = max(peak, anonymous_memory())
            sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        result = function()
    finally:
        is_over.set()
        watcher.join()
    return result, peak


def timed_evaluations():
    """Patches the objective such that it notes the seconds of its evaluations."""
    seconds = []
    evaluate = Objective.losses

    def timed(self, theta):
        start = perf_counter()
        result = evaluate(self, theta)
        seconds.append(perf_counter() - start)
        return result

    return patch.object(Objective, "losses", timed), seconds


def fit(X, y, hidden=HIDDEN, **parameters):
    network = SoftmaxMLPClassifier(hidden, tol=0, random_state=0, **parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(X, y)


def measure_dense(folder, dtype):
    """Memory and seconds of fits and predictions, for the files in a folder."""
    X, y = open_files(folder, dtype)
    fit(X[:2000], y[:2000], max_iter=2).predict(X[:2000])
    figures = {"rows": len(X), "data": X.nbytes, "start": anonymous_memory()}
    patched, seconds = timed_evaluations()
    with patched:
        network, figures["fit"] = watched(lambda: fit(X, y, max_iter=5))
    figures["seconds"] = median(seconds)
    for method in PREDICTIONS:
        start = perf_counter()
        result, peak = watched(lambda method=method: getattr(network, method)(X))
        figures[f"{method} seconds"] = perf_counter() - start
        figures[method] = peak - result.nbytes
        del result
    _, figures["stages"] = watched(lambda: fit(X, y, (4,), max_iter=46, early_stopping=True))
    return figures


def measure_sparse(n_rows, n_hidden):
    """Memory beyond the data, and seconds, of a fit to sparse rows."""
    X, y = sparse_data(n_rows, SPARSE_SHAPE[1])
    fit(X[:2000, :50], y[:2000], (2,), max_iter=1)
    start = anonymous_memory()
    patched, seconds = timed_evaluations()
    with patched:
        network, peak = watched(lambda: fit(X, y, (n_hidden,), max_iter=3))
    return {
        "rows": n_rows,
        "data": X.data.nbytes + X.indices.nbytes + X.indptr.nbytes,
        "weights": sum(coef.size for coef in network.coefs_),
        "fit": peak - start,
        "seconds": median(seconds),
    }


# --- All of them ----------------------------------------------------------------------------


def all_dense(most_rows):
    for dtype, sizes in SIZES.items():
        for n_rows in sizes:
            if n_rows > most_rows:
                continue
            with tempfile.TemporaryDirectory() as folder:
                make_files(Path(folder), dtype, n_rows)
                yield dtype, in_a_fresh_process(__file__, "--one", "dense", folder, dtype)


def dense_table(figures):
    sizes = {"size": "data", "at start": "start", "fit": "fit", "in stages": "stages"}
    sizes |= {method: method for method in PREDICTIONS}
    seconds = {"s / evaluation": "seconds", "s predict": "predict seconds"}
    rows = []
    for dtype, each in figures:
        in_megabytes = (f"{each[name] / MEGABYTE:.0f}" for name in sizes.values())
        in_seconds = (f"{each[name]:.3f}" for name in seconds.values())
        rows.append([dtype, each["rows"], *in_megabytes, *in_seconds])
    return table(["data", "rows", *sizes, *seconds], rows)


def sparse_table(figures):
    rows = [
        (
            each["rows"],
            each["weights"],
            f"{each['data'] / MEGABYTE:.0f}",
            f"{each['fit'] / MEGABYTE:.0f}",
            f"{each['fit'] / 8 / each['weights']:.0f}",
            f"{each['seconds']:.2f}",
        )
        for each in figures
    ]
    header = ["rows", "weights", "data", "fit", "vectors of the weights", "s / evaluation"]
    return table(header, rows)


def targets_table(figures):
    rows = []
    for dtype in SIZES:
        of_dtype = [each for kind, each in figures if kind == dtype]
        memory = [each["fit"] for each in of_dtype]
        growth = max(memory) / min(memory)
        name = f"memory of a fit, most over least, {dtype}"
        rows.append(target(name, "<= 1.2", growth, growth <= 1.2))
        exponent = slope([each["rows"] for each in of_dtype], [one["seconds"] for one in of_dtype])
        name = f"seconds of an evaluation, power of the rows, {dtype}"
        rows.append(target(name, "1 +- 0.1", exponent, abs(exponent - 1) <= 0.1))
        beyond = max(each[name] - each["start"] for each in of_dtype for name in PREDICTIONS)
        name = f"memory of predictions beyond start and result, MB, {dtype}"
        rows.append(target(name, "<= 50", beyond / MEGABYTE, beyond <= 50 * MEGABYTE, "{:.0f}"))
    return table(TARGET_HEADER, rows)


def draw(figures):
    """Memory and seconds over the number of rows."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for (dtype, _), color in zip(SIZES.items(), (COLORS["blue"], COLORS["orange"]), strict=True):
        of_dtype = [each for kind, each in figures if kind == dtype]
        rows = [each["rows"] for each in of_dtype]
        data, memory = ([each[name] / MEGABYTE for each in of_dtype] for name in ("data", "fit"))
        left.loglog(rows, data, "--", color=color, label=f"size of the data, {dtype}")
        left.loglog(rows, memory, "o-", color=color, label=f"memory of a fit, {dtype}")
        right.loglog(rows, [each["seconds"] for each in of_dtype], "o-", color=color, label=dtype)
    left.set(xlabel="rows of 100 features", ylabel="MB")
    right.set(xlabel="rows of 100 features", ylabel="seconds of an evaluation")
    left.legend()
    right.legend()
    return figure


def main():
    """Measure in processes, print, and write tables and picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one", nargs="+", help="measure one of them, print JSON and nothing else")
    parser.add_argument("--quick", action="store_true", help="few rows, nothing is written")
    arguments = parser.parse_args()
    if arguments.one:
        kind, first, second = arguments.one
        is_dense = kind == "dense"
        figures = (
            measure_dense(Path(first), second)
            if is_dense
            else measure_sparse(int(first), int(second))
        )
        print(json.dumps(figures))
        return
    dense = list(all_dense(10**6 if arguments.quick else 10**7))
    n_rows = SPARSE_SHAPE[0] // (20 if arguments.quick else 1)
    sparse = [
        in_a_fresh_process(__file__, "--one", "sparse", n_rows, n_hidden)
        for n_hidden in SPARSE_HIDDEN
    ]
    markdown = report(dense, sparse)
    print(markdown)
    if not arguments.quick:
        write("larger_than_memory", markdown, draw(dense))


def report(dense, sparse):
    """All that is written."""
    parts = [
        "# Larger than memory",
        "By `benchmarks/larger_than_memory.py`: a `numpy.memmap` of rows of 100 features and 10 "
        "classes is trained on and predicted from, each in a process of its own. Sizes are in MB; "
        "memory is the most anonymous resident memory (RssAnon, sampled every 5 ms), Python "
        f'and its libraries included, which is what there is at the start. "Fit": hidden layers '
        f'{HIDDEN}, 5 iterations. "In stages": hidden layers (4,), 46 iterations and '
        "`early_stopping=True`, so that rows are held out and the first stages run on samples. "
        "Predictions: without their result.",
        machine(),
        dense_table(dense),
        "![Memory and seconds over the number of rows](larger_than_memory.png)",
        "Sparse rows (CSR, float32) of 100000 features, 50 of which are not zero; hidden layers of "
        f"{' and '.join(map(str, SPARSE_HIDDEN))} units, 3 iterations. Memory is that beyond the "
        "data, which are in memory. It is made of vectors as long as the weights, in float64; "
        "25 of them are scipy's L-BFGS-B; those for iterations to come are not resident yet.",
        sparse_table(sparse),
        targets_table(dense),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()

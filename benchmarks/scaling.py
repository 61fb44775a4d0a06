"""How does the time of an evaluation grow with rows, layers, threads and workers?

Run ``python benchmarks/scaling.py``. An evaluation is one of loss and gradient, on all rows, of
float32 features. Times are medians; what is compared is measured in turn. In a cluster of dask the
workers are processes on this machine, with one thread each. The figures, which
`scaling_model.py` reads, are written to ``results/scaling.json``.
"""

import argparse
import json
import warnings
from functools import partial
from statistics import median
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from _cluster import OF_DASK, cluster, rows_on
from _products import products
from _results import COLORS, RESULTS, TARGET_HEADER, machine, slope, table, target, write
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from skneural._data import Rows, shard_map
from skneural._network import ACTIVATIONS, Network, Objective, SoftmaxOutput

N_CLASSES, N_FEATURES, HIDDEN = 10, 100, (100,)
N_CHUNKS = 16
LARGE = 10**5  # from so many rows on, time should be linear
FEW_ROWS = 1024  # in all chunks, where what is measured is all but the computation
THREADS = 1, 2
PRODUCT_ROWS = 1024  # in a block, where products are measured alone


class Plan:
    """What is measured: all of it, or what takes two minutes."""

    def __init__(self, is_quick):
        self.rows = [round(10 ** (power / 2)) for power in range(6, 13 if is_quick else 15)]
        self.widths = [10, 30, 100, 300, *([] if is_quick else [1000])]
        self.depths = [1, 2, 4, *([] if is_quick else [8])]
        self.thread_rows = [LARGE, *([] if is_quick else [10**6])]
        self.dask_rows = [LARGE, 10**6, *([] if is_quick else [3 * 10**6])]
        self.chunks = [1, 4, 16, 64, *([] if is_quick else [256])]
        self.wide = [100, 1000, 10_000, *([] if is_quick else [50_000])]
        self.solver_weights = [10**5, *([] if is_quick else [10**6])]
        self.repeats = 3 if is_quick else 9


def evaluation(rows, hidden=HIDDEN, n_threads=None):
    """A function that evaluates the objective and returns the seconds that it took."""
    activations = [ACTIVATIONS["relu"]] * len(hidden)
    network = Network(rows.n_features, hidden, activations, SoftmaxOutput((N_CLASSES,)))
    objective = Objective(network, rows, np.ones(len(hidden) + 1))
    theta = network.initial_weights(np.random.RandomState(0))
    work = float(rows.n_rows) * network.n_parameters
    n_calls = max(1, LARGE // (10 * rows.n_rows)) if isinstance(rows, Rows) else 1

    def evaluate():
        with threadpool_limits(n_threads, "blas"), shard_map(work) as objective.map_shards:
            start = perf_counter()
            for _ in range(n_calls):
                objective(theta)
            return (perf_counter() - start) / n_calls

    return evaluate


def timed_products(rows, n_threads):
    """A function that makes the matrix products of an evaluation, and returns the seconds."""
    multiply = products(rows.features(slice(0, rows.n_rows)), (*HIDDEN, N_CLASSES), PRODUCT_ROWS)

    def evaluate():
        with threadpool_limits(n_threads, "blas"):
            start = perf_counter()
            multiply()
            return perf_counter() - start

    return evaluate


def medians(functions, repeats):
    """Of the seconds that functions return; they are called in turn, once more to warm up."""
    seconds = [[function() for function in functions] for _ in range(repeats + 1)]
    return [median(column) for column in zip(*seconds[1:], strict=True)]


# --- In this process ------------------------------------------------------------------------


def make_data(n_rows):
    """A function that gives the first so many of as many random rows."""
    rng = np.random.default_rng(0)
    X = rng.random((n_rows, N_FEATURES), dtype=np.float32)
    labels = rng.integers(N_CLASSES, size=(n_rows, 1), dtype=np.int8)
    weight = np.broadcast_to(1.0, n_rows)
    return lambda n: Rows(X[:n], labels[:n], weight[:n])


def measure_here(plan):
    """Seconds over rows, width, depth and threads."""
    first = make_data(max(plan.rows))
    some = first(LARGE)
    evaluations = {
        "rows": {n: evaluation(first(n)) for n in plan.rows},
        "width": {width: evaluation(some, (width,)) for width in plan.widths},
        "depth": {depth: evaluation(some, HIDDEN * depth) for depth in plan.depths},
    }
    figures = {}
    for name, by_size in evaluations.items():
        print(f"{name} ...", flush=True)
        seconds = medians(list(by_size.values()), plan.repeats)
        figures[name] = [list(pair) for pair in zip(by_size, seconds, strict=True)]
    print("threads ...", flush=True)
    figures["threads"] = []
    for n in plan.thread_rows:
        timed = [partial(evaluation, first(n)), partial(timed_products, first(n))]
        functions = [make(n_threads=n_threads) for make in timed for n_threads in THREADS]
        figures["threads"].append([n, *medians(functions, plan.repeats)])
    return figures


def measure_solver(n_weights):
    """Seconds between two evaluations of L-BFGS, once its history is full, and its weights."""
    scale, ends, gaps = np.linspace(1, 100, n_weights), [], []

    def quadratic(x):
        gaps.extend(perf_counter() - end for end in ends[-1:])
        gradient = scale * x
        value = 0.5 * float(gradient @ x)
        ends.append(perf_counter())
        return value, gradient

    with threadpool_limits(1, "blas"):
        minimize(
            quadratic, np.ones(n_weights), jac=True, method="L-BFGS-B", options={"maxiter": 40}
        )
    return [n_weights, median(gaps[15:])]


# --- In a cluster ---------------------------------------------------------------------------


def in_cluster(client, rows, hidden=HIDDEN):
    """The evaluation on rows that lie there."""
    with client.as_current():
        evaluate = evaluation(rows, hidden)

    def evaluate_there():
        with client.as_current():
            return evaluate()

    return evaluate_there


def measure_cluster(plan):
    """Seconds in one thread here and in workers; then what is not computation."""
    warnings.filterwarnings("ignore", "Sending large graph")  # the weights of large networks
    figures = {"dask": [], "chunks": [], "weights": []}
    with cluster(1) as one, cluster(2) as two, cluster(2, OF_DASK) as default:
        for n in plan.dask_rows:
            print(f"dask, {n} rows ...", flush=True)
            functions = [evaluation(make_data(n)(n), n_threads=1)]
            clients = one, two, default
            functions += [in_cluster(each, rows_on(each, n, N_CHUNKS)) for each in clients]
            figures["dask"].append([n, *medians(functions, plan.repeats)])
        print("chunks and weights ...", flush=True)
        by_chunks = {n: rows_on(two, FEW_ROWS, n) for n in plan.chunks}
        seconds = medians([in_cluster(two, rows) for rows in by_chunks.values()], 2 * plan.repeats)
        figures["chunks"] = [list(pair) for pair in zip(by_chunks, seconds, strict=True)]
        for width in plan.wide:
            evaluate = in_cluster(two, by_chunks[N_CHUNKS], (width,))
            n_weights = (N_FEATURES + 1) * width + (width + 1) * N_CLASSES
            figures["weights"].append([n_weights, *medians([evaluate], plan.repeats)])
    return figures


# --- Report ---------------------------------------------------------------------------------


def seconds_table(name, figures):
    return table([name, "s / evaluation"], [(size, f"{each:.4g}") for size, each in figures])


def dask_table(figures):
    rows = [(n, *(f"{each:.3f}" for each in seconds)) for n, *seconds in figures]
    workers = ["1 worker, s", "2 workers, s", "2 with dask's allocator settings, s"]
    return table(["rows", "one thread here, s", *workers], rows)


def threads_table(figures):
    rows = [
        (n, f"{one:.3f}", f"{two:.3f}", f"{one / two:.2f}", f"{first / second:.2f}")
        for n, one, two, first, second in figures
    ]
    header = ["rows", "1 thread, s", "2 threads, s", "speed", "speed of the products alone"]
    return table(header, rows)


def large(figures, least=LARGE):
    """Sizes and seconds, from a size on from which they should be powers of each other."""
    return list(zip(*(pair for pair in figures if pair[0] >= least), strict=True))


def targets_table(figures):
    exponent = slope(*large(figures["rows"]))
    rows = [
        target(
            f"power of the rows, from {LARGE} on", "1 +- 0.05", exponent, abs(exponent - 1) <= 0.05
        )
    ]
    for n, one, two, *_ in figures["threads"]:
        rows.append(target(f"speed of 2 threads, {n} rows", ">= 1.8", one / two, one / two >= 1.8))
    for n, here, _, *seconds in figures["dask"]:
        names = "2 workers", "2 workers with dask's allocator settings"
        for name, two in zip(names, seconds, strict=True):
            if n >= 10**6:
                name = f"speed of {name}, {n} rows"
                rows.append(target(name, ">= 1.6", here / two, here / two >= 1.6))
    overhead = 1e3 * dict(figures["chunks"])[N_CHUNKS]
    name = f"ms of an evaluation of {FEW_ROWS} rows in {N_CHUNKS} chunks"
    rows.append(target(name, "< 40", overhead, overhead < 40, "{:.0f}"))
    return table(TARGET_HEADER, rows)


def draw(figures):
    """Seconds over rows, width, depth and chunks, with lines from some size on."""
    panels = {
        "rows": (f"rows of {N_FEATURES} features", LARGE),
        "width": ("units of the hidden layer", 100),
        "depth": ("hidden layers of 100 units", 1),
        "chunks": (f"chunks of {FEW_ROWS} rows in all", N_CHUNKS),
    }
    figure, axes = plt.subplots(1, 4, figsize=(13, 3.4), layout="constrained")
    for ax, (name, (label, least)) in zip(axes, panels.items(), strict=True):
        sizes, seconds = zip(*figures[name], strict=True)
        ax.loglog(sizes, seconds, "o", color=COLORS["blue"])
        ticks = sizes
        sizes, seconds = large(figures[name], least)
        power = slope(sizes, seconds)
        level = np.exp(np.mean(np.log(seconds)) - power * np.mean(np.log(sizes)))
        line = level * np.asarray(sizes, dtype=float) ** power
        ax.loglog(sizes, line, color=COLORS["orange"], label=f"power {power:.2f}")
        if name != "rows":
            ax.set_xticks(ticks, ticks)
            ax.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
        ax.set(xlabel=label)
        ax.legend()
    axes[0].set(ylabel="seconds of an evaluation")
    return figure


def report(figures):
    """All that is written."""
    parts = [
        "# Scaling",
        "By `benchmarks/scaling.py`: one evaluation of loss and gradient, float32, "
        f"{N_FEATURES} features, {N_CLASSES} classes, hidden layers {HIDDEN} where not said "
        f"otherwise; width and depth are of {LARGE} rows. Medians; what is in one table was "
        "measured in turn.",
        figures["machine"],
        seconds_table("rows", figures["rows"]),
        "![Seconds over rows, width, depth and chunks](scaling.png)",
        seconds_table("width", figures["width"]),
        seconds_table("depth", figures["depth"]),
        "Threads, of an evaluation and of its matrix products alone:",
        threads_table(figures["threads"]),
        f"Dask: {N_CHUNKS} chunks, processes on this machine with a thread each, beside one thread "
        "in this process. Workers were told to keep freed memory for the next block "
        "(MALLOC_TRIM_THRESHOLD_ of 2**27 in place of dask's 2**16) where not said otherwise:",
        dask_table(figures["dask"]),
        f"What is hardly any computation: {FEW_ROWS} rows, 2 workers; over the number of chunks, "
        f"and, with {N_CHUNKS} of them, over the number of weights:",
        seconds_table("chunks", figures["chunks"]),
        seconds_table("weights", figures["weights"]),
        "What L-BFGS takes between two evaluations, in one thread:",
        table(["weights", "s"], [(n, f"{each:.4g}") for n, each in figures["solver"]]),
        targets_table(figures),
    ]
    return "\n\n".join(parts) + "\n"


def main():
    """Measure, print, and write figures, tables and picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="measure less, and print only")
    is_quick = parser.parse_args().quick
    plan = Plan(is_quick)
    figures = {"machine": machine(), **measure_here(plan)}
    figures["solver"] = [measure_solver(n_weights) for n_weights in plan.solver_weights]
    figures |= measure_cluster(plan)
    markdown = report(figures)
    print(markdown)
    if not is_quick:
        (RESULTS / "scaling.json").write_text(json.dumps(figures, indent=1) + "\n")
        write("scaling", markdown, draw(figures))


if __name__ == "__main__":
    main()

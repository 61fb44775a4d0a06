"""How much longer does a fit take on ten times the rows, and how often does it read them all?

Run ``python benchmarks/many_rows.py``. Labels of 10 classes are drawn by the probabilities of a
random network on 50 features, float32. Of such rows, 10^6 and 10^7 are written to files in a
temporary directory and opened as memory maps; 10^6 are also made in the workers of a dask cluster,
two processes on this machine with a thread each. Each fit has default parameters and a process of
its own. Weights are noted after each iteration with the clock stopped, and judged after the fit on
20000 other rows. Two seeds may end 1 % apart, and near the end, 1 % takes long. The ratio is
therefore the median of those of several seeds.

A pass is as many evaluated rows as there are in all: an evaluation on a sample is a share of one.
Evaluations in dask are those for which the workers were asked.
"""

import argparse
import json
import tempfile
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from unittest.mock import patch

import dask.array as da
import numpy as np
from _cluster import cluster
from _recording import Recorder, cross_entropy, log_probabilities, train_ours
from _results import TARGET_HEADER, in_a_fresh_process, machine, table, target, write
from dask.delayed import delayed
from distributed import wait

from skneural import SoftmaxMLPClassifier
from skneural._dask.rows import DaskRows
from skneural._network import Objective

N_FEATURES, N_CLASSES, HIDDEN = 50, 10, 30
CHUNK = 50_000
N_TEST = 20_000
SIZES = 10**6, 10**7
SEED = 0  # of the data
SEEDS = range(3)  # of the fits to memory maps
MOST = 1.3  # times the seconds of a tenth of the rows

# --- Data ----------------------------------------------------------------------------------


def make_chunk(number, n_rows=CHUNK):
    """Random rows, and labels by the probabilities of a network that is the same for all chunks."""
    network = np.random.default_rng(SEED)
    hidden = network.normal(size=(N_FEATURES, HIDDEN)) / np.sqrt(N_FEATURES)
    output = network.normal(size=(HIDDEN, N_CLASSES))
    rng = np.random.default_rng([SEED, number])
    X = rng.normal(size=(n_rows, N_FEATURES)).astype(np.float32)
    logits = np.tanh(2 * X @ hidden) @ output
    y = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    return X, y.astype(np.uint8)


def make_files(folder, n_rows):
    with open(folder / "X", "wb") as features, open(folder / "y", "wb") as labels:
        for number in range(1, 1 + n_rows // CHUNK):
            X, y = make_chunk(number)
            X.tofile(features)
            y.tofile(labels)


@contextmanager
def memory_maps(n_rows):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder, n_rows)
        X = np.memmap(folder / "X", dtype=np.float32, mode="r").reshape(-1, N_FEATURES)
        yield X, np.memmap(folder / "y", dtype=np.uint8, mode="r")


@contextmanager
def dask_arrays(n_rows):
    with cluster(2) as client, client.as_current():
        chunks = [delayed(make_chunk, nout=2)(number) for number in range(1, 1 + n_rows // CHUNK)]
        X = [da.from_delayed(X, (CHUNK, N_FEATURES), dtype=np.float32) for X, _ in chunks]
        y = [da.from_delayed(y, (CHUNK,), dtype=np.uint8) for _, y in chunks]
        data = client.persist([da.concatenate(X), da.concatenate(y)])
        wait(data)
        yield data


PLACES = {"memory map": memory_maps, "dask": dask_arrays}

# --- One fit -------------------------------------------------------------------------------


class PassRecorder(Recorder):
    """Also keeps the passes until each iterate, and counts what is asked of the workers."""

    def __init__(self, n_rows):
        super().__init__()
        self.passes, self.evaluations, self.in_dask, self.calls = [], 0, 0, 0
        self._n_rows, self._evaluated = n_rows, 0

    def note(self, layers, loss=np.inf):
        self.passes.append(self._evaluated / self._n_rows)
        super().note(layers, loss)

    @contextmanager
    def counting(self):
        evaluate, reduce = Objective.losses, DaskRows.reduce

        def counted_evaluation(objective, theta):
            self.evaluations += 1
            self.in_dask += isinstance(objective.rows, DaskRows)
            self._evaluated += objective.rows.n_rows
            return evaluate(objective, theta)

        def counted_call(rows, function):
            self.calls += 1
            return reduce(rows, function)

        with (
            patch.object(Objective, "losses", counted_evaluation),
            patch.object(DaskRows, "reduce", counted_call),
        ):
            yield


def measure(place, n_rows, seed):
    """Seconds, passes and losses on other rows of each iterate, and numbers of calls."""
    X_test, y_test = make_chunk(0, N_TEST)
    recorder = PassRecorder(n_rows)
    with PLACES[place](n_rows) as (X, y), recorder.counting():
        train_ours(SoftmaxMLPClassifier, X, y, seed, recorder)
    return {
        "place": place,
        "rows": n_rows,
        "seed": seed,
        "seconds": recorder.seconds,
        "passes": recorder.passes,
        "losses": [
            cross_entropy(log_probabilities(each, X_test), y_test) for each in recorder.points
        ],
        "evaluations": recorder.evaluations,
        "in dask": recorder.in_dask,
        "calls": recorder.calls,
    }


# --- All of them ---------------------------------------------------------------------------


def until(loss, fit):
    """Seconds and passes of the first iterate with at most that loss; infinite without one."""
    is_reached = np.array(fit["losses"]) <= loss
    at = np.argmax(is_reached)
    return [fit[name][at] if is_reached.any() else np.inf for name in ("seconds", "passes")]


def report(fits):
    goals, seconds, rows = {}, {}, []
    for fit in fits:  # the first one of each seed sets the goal
        goal = goals.setdefault(fit["seed"], fit["losses"][-1])
        reached = until(goal, fit)
        if fit["place"] == "memory map":
            seconds.setdefault(fit["seed"], []).append(reached[0])
        ends = (fit[name][-1] for name in ("seconds", "passes", "losses"))
        figures = [f"{each:.4g}" for each in (*reached, *ends)]
        counts = [len(fit["losses"]), *(fit[name] for name in ("evaluations", "in dask", "calls"))]
        rows.append([*(fit[name] for name in ("place", "rows", "seed")), *figures, *counts])
    header = ["rows in", "number", "seed", "s to the loss", "passes to it", "s", "passes"]
    header += ["log loss", "iterations", "evaluations", "in dask", "calls"]
    ratio = median(many / few for few, many in seconds.values())
    few, many = fits[0]["rows"], fits[1]["rows"]
    name = f"seconds to the loss, {many} / {few} rows, median of {len(seconds)} seeds"
    parts = [
        "# Many rows",
        "By `benchmarks/many_rows.py`: default fits to labels drawn from a random network, "
        f"{N_FEATURES} features, {N_CLASSES} classes, float32. The loss is the log loss on "
        f"{N_TEST} other rows; the one to reach is that of the fit to {few} rows in a memory map, "
        "with the same seed, at its end. A pass is as many evaluated rows as there are in all. "
        '"In dask": evaluations for which the workers were asked; calls are all questions to '
        "them, these included.",
        machine(),
        table(header, rows),
        table(TARGET_HEADER, [target(name, f"<= {MOST}", ratio, ratio <= MOST, "{:.2f}")]),
    ]
    return "\n\n".join(parts) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = "PLACE", "ROWS", "SEED"
    parser.add_argument("--one", nargs=3, metavar=names, help="print one fit as JSON")
    parser.add_argument("--quick", action="store_true", help="a tenth, nothing is written")
    arguments = parser.parse_args()
    if arguments.one:
        place, n_rows, seed = arguments.one
        print(json.dumps(measure(place, int(n_rows), int(seed))))
        return
    few, many = (size // (10 if arguments.quick else 1) for size in SIZES)
    ones = [("memory map", n_rows, seed) for seed in SEEDS for n_rows in (few, many)]
    ones.append(("dask", few, SEEDS[0]))
    markdown = report([in_a_fresh_process(__file__, "--one", *one) for one in ones])
    print(markdown)
    if not arguments.quick:
        write("many_rows", markdown)


if __name__ == "__main__":
    main()

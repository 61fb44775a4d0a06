"""How long would an evaluation take for 10^9 rows on 10, 100 and 1000 workers?

Run ``python benchmarks/scaling_model.py`` after `scaling.py`, whose figures it reads. Its constants
come from those of one thread, of next to no rows, and of L-BFGS alone; the evaluations in a
cluster of one and two workers, which are not used for that, show how good the model is. For P
weights, W workers with a thread each, and C chunks of n rows in all::

    compute     n flops(row) / (W rate)
    tasks       latency + (C + merges) task          merges of 16 sums at a time, as a tree
    parameters  4 P byte (1 + log2 W)                handed on from worker to worker
    sums        8 P byte (1 + 15 levels (1 - 1/W))   15 of 16 come from elsewhere, level by level
    client      P solver + flops(preconditioner) / rate

The network between the machines is one of 10 Gbit/s; what was measured for a byte, within one
machine, counts where it is more.
"""

import json
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log2

import matplotlib.pyplot as plt
import numpy as np
from _results import COLORS, RESULTS, table, write

from skneural._dask.rows import FAN_IN

N_ROWS = 10**9
WORKERS = [10, 100, 1000]
CHUNKS_PER_WORKER = 4
MEASURED_CHUNKS, MEASURED_ROWS = 16, 1024  # of scaling.py
SECONDS_PER_BYTE = 8 / 10e9  # of the network
LARGEST_MATRIX = 2048  # of the preconditioner; larger sides are diagonal
PARTS = ["compute", "tasks", "parameters", "sums", "client"]


@dataclass(frozen=True)
class Layers:
    """Sizes of a network's layers, from features to classes."""

    sizes: tuple[int, ...]

    @property
    def n_weights(self):
        return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(self.sizes))

    @property
    def flops_per_row(self):
        """Two products for each layer, and a third for all but the first."""
        products = [fan_in * fan_out for fan_in, fan_out in pairwise(self.sizes)]
        return 2 * (3 * sum(products) - products[0])

    @property
    def preconditioner_flops(self):
        """Of there and back: triangular factors on both sides of each layer's weights."""
        pairs = pairwise(self.sizes)
        factors = [(m * n, [size for size in (m, n) if size <= LARGEST_MATRIX]) for m, n in pairs]
        return 2 * sum(2 * weights * sum(sizes) for weights, sizes in factors)

    def __str__(self):
        return "-".join(map(str, self.sizes))


SMALL = Layers((100, 100, 10))
LARGE = Layers((1000, 2000, 2000, 2000, 10))


@dataclass(frozen=True)
class Constants:
    """Seconds for each unit of what an evaluation is made of."""

    flop: float
    latency: float
    task: float
    byte: float
    solver: float  # for each weight


def n_tasks(n_chunks):
    """One for each chunk, and those that add up."""
    n_sums, total = n_chunks, n_chunks
    while n_sums > 1:
        n_sums = ceil(n_sums / FAN_IN)
        total += n_sums
    return total


def n_levels(n_chunks):
    return 0 if n_chunks == 1 else 1 + n_levels(ceil(n_chunks / FAN_IN))


def bytes_in_line(n_weights, n_workers, n_chunks):
    """Those of parameters and of sums that have to wait for each other."""
    parameters = 4 * n_weights * (1 + log2(n_workers))
    received = (FAN_IN - 1) * n_levels(n_chunks) * (1 - 1 / n_workers)
    return parameters, 8 * n_weights * (1 + received)


def constants(figures):
    """Of the machine that was measured."""
    n_rows, here, *_ = figures["dask"][-1]
    flop = here / (n_rows * SMALL.flops_per_row)
    chunks, seconds = zip(*figures["chunks"], strict=True)
    computed = MEASURED_ROWS * SMALL.flops_per_row * flop / np.minimum(chunks, 2)
    tasks = np.array([n_tasks(n) for n in chunks])
    task, latency = fit_line(tasks, np.array(seconds) - computed)
    n_weights, seconds = zip(*figures["weights"], strict=True)
    moved = [sum(bytes_in_line(n, 2, MEASURED_CHUNKS)) for n in n_weights]
    computed = [4 * n * MEASURED_ROWS * flop / 2 for n in n_weights]
    byte, _ = fit_line(np.array(moved), np.array(seconds) - computed)
    n, seconds = figures["solver"][-1]
    return Constants(flop, max(latency, 0.0), task, byte, seconds / n)


def fit_line(x, y):
    """Slope and level of a line, with the smallest sum of squares of relative errors."""
    return np.polyfit(x, y, 1, w=1 / y)


def parts_of_time(layers, n_rows, n_workers, n_chunks, c, byte):
    """Seconds of each part of an evaluation."""
    parameters, sums = bytes_in_line(layers.n_weights, n_workers, n_chunks)
    return {
        "compute": n_rows * layers.flops_per_row * c.flop / min(n_workers, n_chunks),
        "tasks": c.latency + n_tasks(n_chunks) * c.task,
        "parameters": parameters * byte,
        "sums": sums * byte,
        "client": layers.n_weights * c.solver + layers.preconditioner_flops * c.flop,
    }


def on_a_cluster(layers, n_workers, c, chunks_per_worker=CHUNKS_PER_WORKER, n_rows=N_ROWS):
    """Seconds of each part, on machines of their own."""
    byte = max(c.byte, SECONDS_PER_BYTE)
    return parts_of_time(layers, n_rows, n_workers, chunks_per_worker * n_workers, c, byte)


# --- Report ---------------------------------------------------------------------------------


def constants_table(c):
    rows = [
        ("a core, 10^9 flop/s", f"{1e-9 / c.flop:.0f}"),
        ("a round trip, ms", f"{1e3 * c.latency:.1f}"),
        ("a task, ms", f"{1e3 * c.task:.2f}"),
        ("a byte that is sent and added, ns", f"{1e9 * c.byte:.2f}"),
        ("a byte on the network, ns", f"{1e9 * SECONDS_PER_BYTE:.2f}"),
        ("L-BFGS, ns for each weight", f"{1e9 * c.solver:.0f}"),
    ]
    return table(["constant", ""], rows)


def check_table(figures, c):
    """Measured and modelled seconds in clusters of one and two workers."""
    rows = []
    for n_rows, _, *seconds in figures["dask"]:
        for n_workers, measured in zip((1, 2), seconds[:2], strict=True):
            parts = parts_of_time(SMALL, n_rows, n_workers, MEASURED_CHUNKS, c, c.byte)
            modelled = sum(parts.values()) - parts["client"]
            error = modelled / measured - 1
            rows.append((n_rows, n_workers, f"{measured:.3f}", f"{modelled:.3f}", f"{error:+.0%}"))
    return table(["rows", "workers", "measured, s", "modelled, s", "error"], rows)


def plan_table(c):
    """Each network on 10, 100 and 1000 workers."""
    rows = []
    for layers in (SMALL, LARGE):
        for n_workers in WORKERS:
            parts = on_a_cluster(layers, n_workers, c)
            rows.append((layers, n_workers, *cells(parts)))
    return table(["layers", "workers", *PARTS, "in all, s", "computing"], rows)


def cells(parts):
    total = sum(parts.values())
    return (
        *(f"{parts[name]:.3g}" for name in PARTS),
        f"{total:.3g}",
        f"{parts['compute'] / total:.0%}",
    )


def limits_table(c):
    """Where more workers do not help any more, and where they are half idle."""
    counts = np.unique(np.geomspace(1, 10**5, 2001).astype(int)).tolist()
    rows = []
    for layers in (SMALL, LARGE):
        for per_worker in (CHUNKS_PER_WORKER, 1):
            parts = [on_a_cluster(layers, n, c, per_worker) for n in counts]
            totals = [sum(each.values()) for each in parts]
            busy = [each["compute"] / total for each, total in zip(parts, totals, strict=True)]
            half = max(n for n, share in zip(counts, busy, strict=True) if share >= 0.5)
            best = int(np.argmin(totals))
            others = {name: parts[best][name] for name in PARTS[1:]}
            most = max(others, key=others.get)
            rows.append((layers, per_worker, half, counts[best], f"{totals[best]:.3g}", most))
    header = ["layers", "chunks per worker", "half idle from", "fastest with", "s", "limited by"]
    return table(header, rows)


def remedies_table(c):
    """What can be done about it, on 1000 workers."""
    rows = []
    for layers in (SMALL, LARGE):
        plans = {
            f"{CHUNKS_PER_WORKER} chunks per worker": {},
            "1 chunk per worker": {"chunks_per_worker": 1},
            "1 chunk per worker, a quarter of the rows": {
                "chunks_per_worker": 1,
                "n_rows": N_ROWS // 4,
            },
        }
        rows += [
            (layers, name, *cells(on_a_cluster(layers, 1000, c, **how)))
            for name, how in plans.items()
        ]
    return table(["layers", "1000 workers", *PARTS, "in all, s", "computing"], rows)


def draw(c):
    """Seconds of the parts over the number of workers."""
    counts = np.geomspace(1, 10**4, 60).astype(int)
    names = dict(zip(PARTS, ["blue", "red", "sky", "green", "purple"], strict=True))
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    for ax, layers in zip(axes, (SMALL, LARGE), strict=True):
        parts = [on_a_cluster(layers, int(n), c) for n in counts]
        for name, color in names.items():
            ax.loglog(counts, [each[name] for each in parts], color=COLORS[color], label=name)
        total = [sum(each.values()) for each in parts]
        ax.loglog(counts, total, color=COLORS["black"], lw=2.5, label="in all")
        ax.set(xlabel="workers of one thread", title=f"layers {layers}")
    axes[0].set(ylabel=f"seconds of an evaluation of {N_ROWS:.0e} rows", ylim=(1e-3, None))
    axes[0].legend(loc="upper right")
    return figure


def report(figures, c):
    """All that is written."""
    parts = [
        "# Modelled times",
        "By `benchmarks/scaling_model.py`, from what `benchmarks/scaling.py` measured on: "
        f"{figures['machine']}",
        constants_table(c),
        f"The model beside clusters of one and two processes ({MEASURED_CHUNKS} chunks, layers "
        f"{SMALL}), from which no constant was taken:",
        check_table(figures, c),
        f"Seconds of an evaluation of {N_ROWS:.0e} rows, with {CHUNKS_PER_WORKER} chunks per "
        f"worker; the networks have {SMALL.n_weights} and {LARGE.n_weights} weights:",
        plan_table(c),
        "![Seconds of the parts over the number of workers](scaling_model.png)",
        "Where it stops:",
        limits_table(c),
        "What helps:",
        remedies_table(c),
    ]
    return "\n\n".join(parts) + "\n"


def main():
    """Read, compute, print, and write tables and picture."""
    figures = json.loads((RESULTS / "scaling.json").read_text())
    c = constants(figures)
    markdown = report(figures, c)
    print(markdown)
    write("scaling_model", markdown, draw(c))


if __name__ == "__main__":
    main()

"""How soon is a default fit as accurate as Adam after 10, 20 and 40 epochs, on many rows?

Run ``python benchmarks/time_to_epochs.py``. The data are covtype (464809 rows to train on, 80 % of
all, standardised; README.md says how to get the archive) and Fashion-MNIST (60000 images to train
on), in float32. Networks have 100 ReLU units. Ours are fits with default parameters to their end.
Adam is MLPClassifier's, with its defaults, and PyTorch's with batches of 512 rows, if installed.

Methods run in one process, in turn. Weights are noted after each iteration or epoch with the clock
stopped, and judged after training by the same function.
"""

import argparse
from functools import partial
from statistics import median

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _fashion import load_data
from _multiflow import ARCHIVE, load_covtype
from _recording import (
    cross_entropy,
    log_probabilities,
    seconds_to,
    torch,
    train,
    train_ours,
    train_scikit_learn_adam,
    train_torch_adam,
    warm_up,
)
from _results import COLORS, TARGET_HEADER, machine, table, target, write

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

EPOCHS = 10, 20, 40
OURS = {"SoftmaxMLP": SoftmaxMLPClassifier, "SigmoidMLP": SigmoidMLPClassifier}
ADAMS = {"MLPClassifier Adam": 0.15, "PyTorch Adam 512": 0.25}  # shares of their time to reach
STYLES = {
    "SoftmaxMLP": "blue",
    "SigmoidMLP": "orange",
    "MLPClassifier Adam": "green",
    "PyTorch Adam 512": "black",
}


def methods():
    ours = {name: partial(train_ours, make) for name, make in OURS.items()}
    adam = partial(train_scikit_learn_adam, EPOCHS[-1])
    found = {**ours, "MLPClassifier Adam": adam}
    if torch is None:
        print("PyTorch is left out: `pip install torch` would install it.")
        return found
    return found | {"PyTorch Adam 512": partial(train_torch_adam, 512, EPOCHS[-1])}


def trajectory(name, method, data, seed):
    """Seconds, accuracy and log loss at noted points; of ours, not at all of them."""
    X, y, X_test, y_test = data
    recorder = train(method, X, y, seed)
    numbers = _spaced(recorder.seconds) if name in OURS else range(len(recorder.points))
    rows = []
    for number in numbers:
        log_p = log_probabilities(recorder.points[number], X_test, name == "SigmoidMLP")
        accuracy = np.mean(log_p.argmax(axis=1) == y_test)
        rows.append((recorder.seconds[number], accuracy, cross_entropy(log_p, y_test)))
    return pd.DataFrame(rows, columns=["seconds", "accuracy", "log_loss"])


def _spaced(seconds):
    """Numbers of points of which each is 3 % later than the one before, and the last."""
    kept = [0]
    for number, now in enumerate(seconds):
        if now > 1.03 * seconds[kept[-1]]:
            kept.append(number)
    return sorted({*kept, len(seconds) - 1})


# --- Report --------------------------------------------------------------------------------


def ratios(runs, ours, adam, epoch):
    """For each seed, our time to Adam's accuracy after some epochs, as a share of its time."""
    pairs = zip(runs[ours], runs[adam], strict=True)
    ends = ((run, peer.iloc[epoch - 1]) for run, peer in pairs)
    return [
        seconds_to(run, run["accuracy"] >= end["accuracy"]) / end["seconds"] for run, end in ends
    ]


def ends_table(runs, name):
    rows = []
    for method, of_seeds in runs.items():
        end = pd.concat([run.iloc[[-1]] for run in of_seeds]).median()
        figures = f"{100 * end['accuracy']:.2f}", f"{end['log_loss']:.4f}"
        rows.append((method, f"{end['seconds']:.1f}", *figures))
    return table([f"{name}, at the end", "seconds", "accuracy, %", "log loss"], rows)


def targets_table(runs, name):
    rows = []
    for ours in OURS:
        for adam in filter(runs.__contains__, ADAMS):
            for epoch in EPOCHS:
                ratio = median(ratios(runs, ours, adam, epoch))
                what = f"{name}, {ours}: time to accuracy of {adam} after {epoch} epochs / its own"
                limit = ADAMS[adam]
                rows.append(target(what, f"<= {limit:.2f}", ratio, ratio <= limit))
        if name == "covtype":
            pairs = zip(runs[ours], runs["MLPClassifier Adam"], strict=True)
            gain = median(100 * (a.iloc[-1] - b.iloc[-1])["accuracy"] for a, b in pairs)
            what = f"{name}, {ours}: points at its end above MLPClassifier Adam"
            rows.append(target(what, ">= 2", gain, gain >= 2, "{:.2f}"))
    return table(TARGET_HEADER, rows)


def report(results, n_seeds):
    parts = [
        "# Time to the accuracy of Adam's epochs",
        f"By `benchmarks/time_to_epochs.py`: medians over {n_seeds} seed(s), fits with default "
        "parameters.",
        machine(),
        "![Accuracy over seconds of training](time_to_epochs.png)",
        *(ends_table(runs, name) for name, runs in results.items()),
        *(targets_table(runs, name) for name, runs in results.items()),
    ]
    return "\n\n".join(parts) + "\n"


def plot(results):
    size = (6.5, 4 * len(results))
    figure, panels = plt.subplots(len(results), figsize=size, layout="constrained", squeeze=False)
    for axes, (name, runs) in zip(panels.flat, results.items(), strict=True):
        for method, of_seeds in runs.items():
            style = {"color": COLORS[STYLES[method]], "linestyle": "-" if method in OURS else "--"}
            for number, run in enumerate(of_seeds):
                label = None if number else method
                axes.plot(run["seconds"], 100 * run["accuracy"], label=label, **style)
        lowest = 100 * min(run["accuracy"].iloc[0] for run in runs["MLPClassifier Adam"])
        axes.set(xscale="log", xlabel="Seconds of training", ylim=(lowest - 5, None))
        share = median(ratios(runs, "SoftmaxMLP", "MLPClassifier Adam", EPOCHS[-1]))
        title = f"{name}: as accurate as Adam's {EPOCHS[-1]} epochs in {share:.2f} of the time"
        axes.set(ylabel="Test accuracy, %", title=title)
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1, help="how many, from 0")
    parser.add_argument("--archive", default=ARCHIVE, help="the archive with covtype")
    arguments = parser.parse_args()
    warm_up(methods().values())
    sets = {
        "covtype": load_covtype(arguments.archive, 0, train_size=0.8),
        "Fashion-MNIST": load_data(),
    }
    results = {}
    for name, data in sets.items():
        if data is None:
            continue
        results[name] = {method: [] for method in methods()}
        for seed in range(arguments.seeds):
            for method, training in methods().items():
                run = trajectory(method, training, data, seed)
                results[name][method].append(run)
                end = run.iloc[-1].round(4).to_dict()
                print(f"{name}  seed {seed}  {method:20s}  {end}", flush=True)
    markdown = report(results, arguments.seeds)
    print(f"\n{markdown}")
    frames = [
        run.assign(dataset=name, method=method, seed=seed)
        for name, runs in results.items()
        for method, of_seeds in runs.items()
        for seed, run in enumerate(of_seeds)
    ]
    write("time_to_epochs", markdown, plot(results), pd.concat(frames))


if __name__ == "__main__":
    main()

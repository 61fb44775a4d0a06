"""How soon is a network on Fashion-MNIST as accurate as Adam's, and how soon is a loss reached?

Run ``python benchmarks/time_to_accuracy.py``. It reads the Debian package
dataset-fashion-mnist if that is installed, and otherwise asks OpenML. All networks have 100
ReLU units between 784 pixels in 0 .. 1 (float32) and 10 classes, and 60000 training images.

1. Accuracy on the 10000 test images: ours with default parameters; MLPClassifier with Adam
   (20 epochs) and L-BFGS; and, if it is installed, PyTorch with Adam and L-BFGS.
2. The training loss with a penalty, mean cross-entropy + alpha / 2n * (sum of squared weights),
   alpha = 6: those that minimise just that.

Methods run in one process, in turn. Weights are kept after each iteration or epoch with the clock
stopped, and judged after training, all by the same functions.
"""

import argparse
import json
from functools import partial
from statistics import median

import matplotlib.pyplot as plt
import numpy as np
from _fashion import load_data
from _recording import (
    cross_entropy,
    log_probabilities,
    seconds_to,
    torch,
    train,
    train_ours,
    train_scikit_learn_adam,
    train_scikit_learn_lbfgs,
    train_torch_adam,
    train_torch_lbfgs,
    warm_up,
)
from _results import COLORS, RESULTS, TARGET_HEADER, machine, table, target, write

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

EPOCHS = 20  # of Adam
ITERATIONS = 200  # of methods that take all rows at once, in part 1
ALPHA, GOAL = 6.0, 0.38  # of part 2
OURS = ["SoftmaxMLP", "SigmoidMLP"]
ADAMS = ["MLPClassifier Adam", "PyTorch Adam 200"]
METHOD_COLORS = {
    "SoftmaxMLP": "blue",
    "SigmoidMLP": "orange",
    "MLPClassifier Adam": "green",
    "MLPClassifier L-BFGS": "purple",
    "PyTorch Adam 200": "black",
    "PyTorch Adam 512": "sky",
    "PyTorch L-BFGS": "red",
}


def accuracy_methods():
    methods = {
        "SoftmaxMLP": partial(train_ours, SoftmaxMLPClassifier, max_iter=ITERATIONS),
        "SigmoidMLP": partial(train_ours, SigmoidMLPClassifier, max_iter=ITERATIONS),
        "MLPClassifier Adam": partial(train_scikit_learn_adam, EPOCHS),
        "MLPClassifier L-BFGS": partial(train_scikit_learn_lbfgs, max_iter=ITERATIONS),
        "PyTorch Adam 200": partial(train_torch_adam, 200, EPOCHS),
        "PyTorch Adam 512": partial(train_torch_adam, 512, EPOCHS),
        "PyTorch L-BFGS": partial(train_torch_lbfgs, max_iter=ITERATIONS),
    }
    return _present(methods)


def loss_methods():
    parameters = {"alpha": ALPHA, "max_iter": 5000}
    methods = {
        "SoftmaxMLP": partial(train_ours, SoftmaxMLPClassifier, **parameters),
        "MLPClassifier L-BFGS": partial(train_scikit_learn_lbfgs, max_fun=10**6, **parameters),
        "PyTorch L-BFGS": partial(train_torch_lbfgs, **parameters),
    }
    return _present(methods)


def _present(methods):
    return {name: train for name, train in methods.items() if torch or "PyTorch" not in name}


# --- Judgement -----------------------------------------------------------------------------


def penalised_loss(layers, X, y):
    squares = sum(float(np.square(coef, dtype=np.float64).sum()) for coef, _ in layers)
    return cross_entropy(log_probabilities(layers, X), y) + ALPHA / (2 * len(y)) * squares


def accuracy_run(name, method, data, seed):
    """The trajectory of part 1; the training loss at its end only, as it takes long."""
    X, y, X_test, y_test = data
    recorder = train(method, X, y, seed)
    sigmoid = name == "SigmoidMLP"
    tests = [log_probabilities(point, X_test, sigmoid) for point in recorder.points]
    return {
        "seconds": recorder.seconds,
        "accuracy": [float(np.mean(log_p.argmax(axis=1) == y_test)) for log_p in tests],
        "log_loss": [cross_entropy(log_p, y_test) for log_p in tests],
        "training_loss": cross_entropy(log_probabilities(recorder.points[-1], X, sigmoid), y),
    }


def loss_run(name, method, data, seed):
    """The trajectory of part 2, which ends at the goal."""
    X, y, _, _ = data
    judge = partial(penalised_loss, X=X, y=y)
    recorder = train(method, X, y, seed, judge=judge, goal=GOAL)
    losses = [judge(point) for point in recorder.points]
    return {"seconds": recorder.seconds, "loss": losses}


def all_runs(run, methods, data, seeds):
    """For each method a list of trajectories, one per seed; methods run in turn."""
    runs = {name: [] for name in methods}
    for seed in seeds:
        for name, method in methods.items():
            if run is accuracy_run and "L-BFGS" in name and runs[name]:
                continue  # slow, and no target speaks of them: one seed shows where they are
            runs[name].append(run(name, method, data, seed))
            last = {key: np.ravel(values)[-1] for key, values in runs[name][-1].items()}
            shown = "  ".join(f"{key} {value:.4f}" for key, value in last.items())
            print(f"seed {seed}  {name:20s}  {shown}", flush=True)
    return runs


# --- Report --------------------------------------------------------------------------------


def best_accuracies(runs, name):
    return [max(run["accuracy"]) for run in runs[name]]


def seconds_to_best_of(runs, peer, name):
    """For each seed, how long `name` takes to be as accurate as `peer` ever was."""
    bests = best_accuracies(runs, peer)
    return [
        seconds_to(run, np.array(run["accuracy"]) >= best)
        for run, best in zip(runs[name], bests, strict=False)
    ]


def seconds_to_goal(runs, name):
    return [seconds_to(run, np.array(run["loss"]) <= GOAL) for run in runs[name]]


def median_ratio(ours, theirs):
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def accuracy_table(runs, adams):
    rows = []
    for name in runs:
        times = [median(seconds_to_best_of(runs, adam, name)) for adam in adams]
        rows.append(
            (
                name,
                f"{100 * median(best_accuracies(runs, name)):.2f}",
                *(f"{seconds:.1f}" if np.isfinite(seconds) else "never" for seconds in times),
                f"{median(run['seconds'][-1] for run in runs[name]):.1f}",
                f"{median(run['log_loss'][-1] for run in runs[name]):.3f}",
                f"{median(run['training_loss'] for run in runs[name]):.3f}",
            )
        )
    reaching = [f"s to best of {adam}" for adam in adams]
    losses = ["final test log loss", "final training loss"]
    return table(["", "best accuracy, %", *reaching, "s in all", *losses], rows)


def loss_table(runs):
    times = {name: seconds_to_goal(runs, name) for name in runs}
    points = {name: median(len(run["seconds"]) for run in runs[name]) for name in runs}
    rows = [
        (
            name,
            f"{median(seconds):.1f}",
            f"{points[name]:.0f}",
            f"{median_ratio(times[OURS[0]], seconds):.3f}",
        )
        for name, seconds in times.items()
    ]
    header = ["", f"s to a loss of {GOAL}", "iterations (PyTorch: evaluations)", "ours / its time"]
    return table(header, rows)


def targets_table(accuracy_runs, loss_runs, adams):
    rows = []
    for ours in OURS:
        for adam in adams:
            own, theirs = (seconds_to_best_of(accuracy_runs, adam, name) for name in (ours, adam))
            ratio = median_ratio(own, theirs)
            what = f"{ours}: time to best accuracy of {adam} / its own"
            rows.append(target(what, "<= 0.50", ratio, ratio <= 0.5))
            bests = (best_accuracies(accuracy_runs, name) for name in (ours, adam))
            gain = 100 * median(a - b for a, b in zip(*bests, strict=True))
            what = f"{ours}: points above the best accuracy of {adam}"
            rows.append(target(what, ">= 0.50", gain, gain >= 0.5, "{:.2f}"))
    own = seconds_to_goal(loss_runs, OURS[0])
    for peer, parts in {"MLPClassifier L-BFGS": 15, "PyTorch L-BFGS": 10}.items():
        if peer in loss_runs:
            ratio = median_ratio(own, seconds_to_goal(loss_runs, peer))
            what = f"{OURS[0]}: time to a loss of {GOAL} / that of {peer}"
            rows.append(target(what, f"<= 1/{parts} = {1 / parts:.3f}", ratio, ratio <= 1 / parts))
    return table(TARGET_HEADER, rows)


def report(accuracy_runs, loss_runs, n_seeds):
    adams = [name for name in ADAMS if name in accuracy_runs]
    parts = [
        "# Time to accuracy and to a loss on Fashion-MNIST",
        f"By `benchmarks/time_to_accuracy.py`: medians over {n_seeds} seeds (in the first table "
        f"L-BFGS has one), {EPOCHS} epochs of Adam, at most {ITERATIONS} iterations of the others.",
        machine(),
        "Accuracy on the test images:",
        accuracy_table(accuracy_runs, adams),
        f"Training loss with a penalty, alpha = {ALPHA:g}. The first iterations of SoftmaxMLP are "
        "on samples of the rows:",
        loss_table(loss_runs),
        targets_table(accuracy_runs, loss_runs, adams),
        "![Accuracy and loss over seconds of training](time_to_accuracy.png)",
    ]
    return "\n\n".join(parts) + "\n"


def plot(accuracy_runs, loss_runs):
    """Test accuracy and penalised training loss over seconds; a thin line for each seed."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    _draw(left, accuracy_runs, lambda run: 100 * np.array(run["accuracy"]))
    _draw(right, loss_runs, lambda run: run["loss"])
    left.set(ylabel="Test accuracy, %", title="Accuracy on unseen images", ylim=(75, 91))
    right.set(ylabel="Penalised training loss", title=f"Training loss, alpha = {ALPHA:g}")
    right.set_ylim(0.36, 1.0)
    right.axhline(GOAL, color="grey", linestyle="--", linewidth=1)
    right.annotate("goal", (0, GOAL), (6, 4), ("axes fraction", "data"), "offset points")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_xlabel("Seconds of training")
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def _draw(axes, runs, values):
    for name, seeds in runs.items():
        style = {"color": COLORS[METHOD_COLORS[name]], "linestyle": "-" if name in OURS else "--"}
        style |= {"marker": "o" if "Adam" in name else None, "markersize": 3}  # an epoch each
        for run in seeds[1:]:
            axes.plot(run["seconds"], values(run), linewidth=0.7, alpha=0.5, **style)
        axes.plot(seeds[0]["seconds"], values(seeds[0]), linewidth=1.8, label=name, **style)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0")
    arguments = parser.parse_args()
    data, seeds = load_data(), range(arguments.seeds)
    warm_up(accuracy_methods().values())
    loss_runs = all_runs(loss_run, loss_methods(), data, seeds)
    accuracy_runs = all_runs(accuracy_run, accuracy_methods(), data, seeds)
    markdown = report(accuracy_runs, loss_runs, arguments.seeds)
    print(f"\n{markdown}")
    write("time_to_accuracy", markdown, plot(accuracy_runs, loss_runs))
    raw = {"machine": machine(), "accuracy": accuracy_runs, "loss": loss_runs}
    (RESULTS / "time_to_accuracy.json").write_text(json.dumps(_rounded(raw)))


def _rounded(value):
    """Floats to six digits, which keeps the file small."""
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()

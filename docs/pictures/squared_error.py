"""Write `squared_error.html`: how sigmoids learn from squared error, and why.

Run it from anywhere, with the package installed: ``python docs/pictures/squared_error.py``. It runs
the example of the gallery with the same name.
"""

import runpy
from pathlib import Path

import matplotlib as mpl
import numpy as np
from charts import Plot, signed, write

from skneural.activations import sigmoid

EXAMPLE = Path(__file__).parents[2] / "examples" / "outputs" / "plot_squared_error.py"
STYLES = {
    "softmax": "softmax",
    "sigmoid": "sigmoid",
    "squared error": "other",
    "squared error, 10 x the rate": "other sk-dashed",
}


def slopes():
    plot = Plot(
        "The push on a unit that should be 1",
        "its logit: sure of no (left) or yes (right)",
        xticks=(-8, -4, 0, 4, 8),
        yticks=(0, 0.5, 1),
    )
    z = np.linspace(-8, 8, 65)
    p = sigmoid(z)
    plot.line(z, 1 - p, "sigmoid")
    plot.line(z, (1 - p) * p * (1 - p), "other")
    plot.legend(170, 40, {"sigmoid": "cross-entropy", "other": "squared error"})
    return plot.svg(
        "Where it is sure of no, cross-entropy pushes by nearly 1, squared error by nearly 0."
    )


def learning(curves, gaps):
    n_epochs = curves["softmax"].shape[1]
    plot = Plot(
        "Test accuracy in %",
        "epochs of training",
        xticks=(0, n_epochs // 2, n_epochs),
        yticks=(60, 80, 100),
    )
    for name, values in curves.items():
        mean = values.mean(axis=0)
        shown = mean >= 60
        plot.line(np.arange(1, n_epochs + 1)[shown], mean[shown], STYLES[name])
    names = {
        "softmax": "softmax, cross-entropy",
        "sigmoid": "sigmoids, cross-entropy",
        "other": "sigmoids, squared error",
        "other sk-dashed": "the same, rate x 10",
    }
    plot.legend(150, 100, names)
    return plot.svg(
        "At the end, "
        + ", ".join(f"{name}: {values[:, -1].mean():.1f}" for name, values in curves.items())
        + "."
    )


if __name__ == "__main__":
    mpl.use("agg")
    run = runpy.run_path(str(EXAMPLE))
    curves, gaps = run["curves"], run["gaps"]
    n_epochs = curves["softmax"].shape[1]
    means = {name: values[:, -1].mean() for name, values in curves.items()}
    behind, interval = gaps["squared error"]
    apart, around = gaps["sigmoid"]
    write(
        __file__,
        '<div class="sk-charts">',
        slopes(),
        learning(curves, gaps),
        "</div>",
        kind="plots",
        caption=f"""Left: squared error pushes least where a unit is most wrong. Right: means
over ten splits of the digits. After {n_epochs} epochs at one learning rate, the softmax has
{means["softmax"]:.1f} %, the sigmoids {means["sigmoid"]:.1f} % with cross-entropy and
{means["squared error"]:.1f} % with squared error. Sigmoid minus softmax is
{signed(apart, ".1f")} ± {around:.1f} points with cross-entropy, and {signed(behind, ".1f")} ±
{interval:.1f} with squared error (95 % intervals). With ten times the rate,
squared error has {means["squared error, 10 x the rate"]:.1f} %.""",
    )

"""Write `splits.html`: by how many digits the sigmoid is ahead of the softmax on each of 20 splits.

Run it from anywhere, with the package installed: ``python docs/pictures/splits.py``. It runs an
example of the gallery, which takes a minute.
"""

import os
import runpy
import tempfile
from pathlib import Path

import matplotlib as mpl
import numpy as np
from charts import Plot, signed, write

EXAMPLE = Path(__file__).parents[2] / "examples/outputs/plot_digits_sigmoid_vs_softmax.py"

if __name__ == "__main__":
    mpl.use("agg")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # without a display the example saves a picture
        run = runpy.run_path(str(EXAMPLE))
    n_test = len(run["test"])
    by_default, unpenalised = (values[:, 0] for values in run["advantages"].values())
    digits = np.rint(by_default / 100 * n_test).astype(int)
    plot = Plot(
        f"{len(digits)} splits, one dot each",
        f"digits of {n_test} by which the sigmoids are ahead",
        xticks=np.arange(-6, 7, 3),
        yticks=(0, 4, 8),
    )
    counts = {}
    for value in np.unique(digits):
        n = (digits == value).sum()
        style = ("other", "sigmoid", "softmax")[np.sign(value)]
        plot.dots([value] * n, np.arange(n) + 0.5, style)
        counts[style] = counts.get(style, 0) + n
    ahead, behind, equal = (counts[style] for style in ("sigmoid", "softmax", "other"))
    spoken = f"Sigmoids ahead: {ahead}, softmax ahead: {behind}, equal: {equal}."
    mean, half_width = by_default.mean(), run["factor"] * by_default.std(ddof=1)
    other, other_half = unpenalised.mean(), run["factor"] * unpenalised.std(ddof=1)
    write(
        __file__,
        plot.svg(spoken),
        kind="plots sk-single",
        caption=f"""The same two networks on {len(digits)} random splits. The sigmoids are ahead on
{ahead} (orange), the softmax on {behind} (blue); {equal} are equal (grey). The mean difference is
{signed(mean, ".2f")} ± {half_width:.2f} percentage points (95 % interval). With hardly any penalty
it is {signed(other, ".2f")} ± {other_half:.2f}.""",
    )

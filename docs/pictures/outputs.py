"""Write `outputs.html` and `outputs.svg`: three digits, and the activations of both outputs.

Run it from anywhere, with the package installed: ``python docs/pictures/outputs.py``. The first is
for the site, in the colours of its theme. The second is for the README, with colours of its own.
"""

from pathlib import Path

import numpy as np
from charts import chart, digit, named, pair, write
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

STYLE = """
svg { fill: #1f2328; font: 11px sans-serif; text-anchor: middle }
line { stroke: #d0d7de }
.sk-tick { text-anchor: end; fill: #59636e }
.sk-title { text-anchor: start; font-size: 12px }
.sk-softmax { fill: #1f77b4 }
.sk-sigmoid { fill: #ff7f0e }
.sk-frame { fill: none; stroke: #59636e }
@media (prefers-color-scheme: dark) {
  svg { fill: #f0f6fc }
  line { stroke: #3d444d }
  .sk-tick { fill: #9198a1 }
  .sk-softmax { fill: #4a9fdc }
  .sk-sigmoid { fill: #ff9a3c }
  .sk-frame { stroke: #9198a1 }
}
"""


def activations_of_test_digits():
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=0
    )
    activations = {}
    for output, classifier in {
        "softmax": SoftmaxMLPClassifier(random_state=0),
        "sigmoid": SigmoidMLPClassifier(random_state=0),
    }.items():
        model = make_pipeline(StandardScaler(), classifier).fit(X_train, y_train)
        activations[output] = model[-1].predict_activations(model[:-1].transform(X_test))
    return X_test, y_test, activations


def placed(svg, x, y, width, height):
    """A drawing inside another one."""
    return svg.replace("<svg", f'<svg x="{x}" y="{y}" width="{width}" height="{height}"', 1)


def drawing(X, y, activations, rows):
    """The picture as one SVG, of 760 by 144 for each digit."""
    parts = [f"<style>{STYLE}</style>"]
    for place, row in enumerate(rows):
        top = 144 * place
        parts.append(placed(digit(X[row]), 0, top + 22, 90, 90))
        for left, (output, values) in zip((105, 435), activations.items(), strict=True):
            parts.append(placed(chart(output, values[row], [y[row]]), left, top, 320, 132))
    size = f"0 0 760 {144 * len(rows)}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}">{"".join(parts)}</svg>\n'


if __name__ == "__main__":
    X, y, activations = activations_of_test_digits()
    sums = activations["sigmoid"].sum(axis=1)
    clear, least, most = np.flatnonzero(y == 3)[0], sums.argmin(), sums.argmax()
    rows = "\n".join(
        f'<div class="sk-row">\n{digit(X[row])}\n<div class="sk-charts">'
        f"{pair({output: p[row] for output, p in activations.items()}, [y[row]])}</div>\n</div>"
        for row in (clear, least, most)
    )
    softmax = activations["softmax"][least]
    near = (np.abs(sums - 1) < 0.1).mean()
    write(
        __file__,
        rows,
        kind="rows",
        caption=f"""A clear {y[clear]}, and the digits among {len(y)} test images for which the ten
sigmoids sum to least ({named(y[least])}) and to most ({named(y[most])}). Frames mark the true
digit. For {near:.0%} of the test images the sum is between 0.9 and 1.1. Where the sigmoids sum to
{sums[least]:.2f}, the softmax gives {softmax.max():.2f} to the {softmax.argmax()}.""",
    )
    Path(__file__).with_suffix(".svg").write_text(drawing(X, y, activations, (clear, least)))

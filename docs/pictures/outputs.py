"""Write `outputs.html`, the picture of the landing page: two digits, and what the units say.

Run it from anywhere, with the package installed, when what it shows would be different:
``python docs/pictures/outputs.py``. It is SVG within HTML, so that text has the font and the colour
of the page, in light and in dark mode, and charts go below each other where a page is narrow.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

WIDTH, HEIGHT = 320, 132  # of a chart
LEFT, TOP, FLOOR = 28, 22, 112  # where its bars begin, are 1, and are 0
STEP, BAR = 29, 19


def digit(pixels):
    """The image of a digit, in the colour of the text."""
    ink = "".join(
        f'<rect x="{column}" y="{row}" width="1.02" height="1.02" fill-opacity="{value / 16:.2f}"/>'
        for (row, column), value in np.ndenumerate(pixels.reshape(8, 8))
        if value
    )
    return f'<svg class="sk-digit" viewBox="0 0 8 8" aria-hidden="true">{ink}</svg>'


def chart(name, activations, label):
    """Ten bars, with a frame around that of the label."""

    def height(value):
        return FLOOR - value * (FLOOR - TOP)

    parts = []
    for value in (0, 0.5, 1):
        y = height(value)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="sk-tick" x="{LEFT - 5}" y="{y + 4}">{value}</text>')
    for unit, value in enumerate(activations):
        x = LEFT + unit * STEP + (STEP - BAR) / 2
        y = height(value)
        size = f'width="{BAR}" height="{FLOOR - y:.1f}"'
        parts.append(f'<rect class="sk-{name}" x="{x}" y="{y:.1f}" {size}/>')
        parts.append(f'<text x="{x + BAR / 2}" y="{FLOOR + 15}">{unit}</text>')
    corner = f'x="{LEFT + label * STEP + 1}" y="{TOP - 3}"'
    size = f'width="{STEP - 2}" height="{FLOOR - TOP + 3}"'
    parts.append(f'<rect class="sk-frame" {corner} {size}/>')
    title = f"{name}: activations sum to {activations.sum():.2f}"
    parts.append(f'<text class="sk-title" x="{LEFT}" y="12">{title}</text>')
    spoken = ", ".join(f"{unit}: {value:.2f}" for unit, value in enumerate(activations))
    return (
        f'<svg class="sk-chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{title}. {spoken}.">{"".join(parts)}</svg>'
    )


def picture():
    """Both networks on an easy digit, and on the one of which the sigmoids say least."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=0
    )
    activations = {}
    for name, classifier in {
        "softmax": SoftmaxMLPClassifier(random_state=0),
        "sigmoid": SigmoidMLPClassifier(random_state=0),
    }.items():
        model = make_pipeline(StandardScaler(), classifier).fit(X_train, y_train)
        activations[name] = model[-1].predict_activations(model[:-1].transform(X_test))
    sums = activations["sigmoid"].sum(axis=1)
    easy, hard = np.flatnonzero(y_test == 3)[0], np.argmin(sums)
    rows = "\n".join(
        "\n".join(
            [
                '<div class="sk-row">',
                digit(X_test[row]),
                *(chart(name, values[row], y_test[row]) for name, values in activations.items()),
                "</div>",
            ]
        )
        for row in (easy, hard)
    )
    chosen = activations["softmax"][hard].argmax()
    share = activations["softmax"][hard].max()
    caption = (
        f"Above, a {y_test[easy]} that both networks know. Below, the {y_test[hard]} among "
        f"{len(y_test)} test images of which the ten sigmoids say least: each says no, and they "
        f"sum to {sums[hard]:.2f}. The softmax has to give away exactly 1, and gives {share:.2f} "
        f"of it to the {chosen}. Frames mark the true digit."
    )
    return f'<figure class="sk-outputs">\n{rows}\n<figcaption>{caption}</figcaption>\n</figure>\n'


if __name__ == "__main__":
    Path(__file__).with_suffix(".html").write_text(picture())

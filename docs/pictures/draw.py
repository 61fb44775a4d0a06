"""Write `draw.html`: paper to draw a digit on, and what both networks make of it.

Run it from anywhere, with the package installed: ``python docs/pictures/draw.py``. The page draws
with `docs/_static/draw.js`, which has the weights of the networks from here.
"""

import numpy as np
from charts import data, digit, named, pair, write
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural.activations import sigmoid, softmax

OUTPUTS = {"softmax": SoftmaxMLPClassifier, "sigmoid": SigmoidMLPClassifier}
UNIT = 1 / 20  # weights are stored as multiples of it
ACTIVATION = {"softmax": softmax, "sigmoid": sigmoid}
SCRIBBLE = """
........
.#....#.
..#..#..
...##...
...##...
..#..#..
.#....#.
........
"""


def rounded(classifier):
    """Weights and biases of both layers, in multiples of `UNIT`."""
    layers = zip(classifier.coefs_, classifier.intercepts_, strict=True)
    return [[np.rint(part / UNIT).astype(int) for part in layer] for layer in layers]


def activations(networks, ink):
    """What `draw.js` computes of rows of 64 cells, each with ink between 0 and 1."""
    result = {}
    for output, ((W1, b1), (W2, b2)) in networks.items():
        hidden = np.maximum((ink @ W1 + b1) * UNIT, 0)
        result[output] = ACTIVATION[output]((hidden @ W2 + b2) * UNIT)
    return result


def learn():
    """Both networks, and images that they were not trained on."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=0
    )
    networks = {
        output: rounded(make(hidden_layer_sizes=(20,), random_state=0).fit(X_train / 16, y_train))
        for output, make in OUTPUTS.items()
    }
    return networks, X_test, y_test


if __name__ == "__main__":
    networks, X, y = learn()
    said = activations(networks, X / 16)
    for output, values in said.items():
        print(f"{output}: {(values.argmax(axis=1) == y).mean():.1%} of the test digits are right")
    unclear = said["sigmoid"].sum(axis=1).argmin()
    clear = np.flatnonzero(y == 3)[0]
    scribble = np.array([16 * (mark == "#") for mark in "".join(SCRIBBLE.split())])
    drawings = {
        "unclear": X[unclear],
        "clear": X[clear],
        "scribble": scribble,
        "empty": np.zeros(64),
    }
    for name, image in drawings.items():
        print(name, *(p[0].round(2) for p in activations(networks, image[None] / 16).values()))
    names = {
        "unclear": f"An unclear {y[unclear]}",
        "clear": f"A clear {y[clear]}",
        "scribble": "A cross",
        "empty": "Empty paper",
    }
    buttons = "\n".join(
        f'<button type="button" data-drawing="{name}">{text}</button>'
        for name, text in names.items()
    )
    numbers = {
        "networks": {
            output: [[part.ravel().tolist() for part in layer] for layer in layers]
            for output, layers in networks.items()
        },
        "drawings": {name: image.astype(int).tolist() for name, image in drawings.items()},
    }
    shown = {output: p[unclear] for output, p in said.items()}
    share = shown["softmax"].max()
    write(
        __file__,
        data(numbers),
        f"""<div class="sk-row">
<div class="sk-still">{digit(X[unclear])}</div>
<div class="sk-paper" role="group" hidden
aria-label="Paper of 8 by 8 cells. Arrow keys move, the space bar sets or clears a cell."></div>
<div class="sk-charts">""",
        pair(shown),
        f"""</div>
</div>
<div class="sk-controls" hidden>
<p role="status"></p>
<div class="sk-buttons">
{buttons}
</div>
</div>""",
        kind="draw",
        caption=f"""<span hidden>Draw a digit, as tall as the paper. Two networks have
learned 1257 digits; the first image is</span> <span class="sk-still">Two networks have learned 1257
digits. This is</span> the one of {len(y)} others for which the sigmoids sum to least,
{named(y[unclear])}. Their sum is {shown["sigmoid"].sum():.2f}, and all units are near 0. The
softmax must sum to 1, and its largest unit, {shown["softmax"].argmax()}, has {share:.2f}.""",
    )

"""Draw `../_static/card.png`: the picture that other sites show beside a link to a page.

Run it from anywhere, with the package and matplotlib installed: ``python docs/pictures/card.py``.
"""

from pathlib import Path

import matplotlib.pyplot as plt
from outputs import activations_of_test_digits

FILE = Path(__file__).parents[1] / "_static" / "card.png"


def main():
    X, _, activations = activations_of_test_digits()
    row = activations["sigmoid"].sum(axis=1).argmin()  # the unclear digit of the README's picture
    style = {"font.size": 15, "axes.spines.top": False, "axes.spines.right": False}
    with plt.rc_context(style):
        figure = plt.figure(figsize=(12, 6.3))
        figure.text(0.05, 0.84, "skneural", fontsize=46, weight="bold")
        figure.text(0.05, 0.74, "Neural-network classifiers for scikit-learn", fontsize=24)
        image = figure.add_axes((0.05, 0.16, 0.2, 0.42))
        image.imshow(X[row].reshape(8, 8), cmap="gray_r")
        image.set(xticks=[], yticks=[])
        image.spines[:].set(visible=True, color="0.7")
        panels = (0.32, "softmax", "tab:blue"), (0.66, "sigmoid", "tab:orange")
        for left, output, color in panels:
            ax = figure.add_axes((left, 0.16, 0.29, 0.42))
            ax.bar(range(10), activations[output][row], color=color)
            title = f"{output}: sum {activations[output][row].sum():.2f}"
            ax.set(ylim=(0, 1), xticks=range(10), yticks=[0, 0.5, 1], title=title)
        figure.savefig(FILE, dpi=100)


if __name__ == "__main__":
    main()

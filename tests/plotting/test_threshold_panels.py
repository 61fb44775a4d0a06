import numpy as np
import pytest
from matplotlib import pyplot as plt

from skneural import ThresholdDisplay


@pytest.mark.parametrize("n_labels", [2, 3, 5, 14])
def test_panels_have_their_place(n_labels, texts, assert_apart):
    rng = np.random.default_rng(0)
    Y, probability = rng.integers(0, 2, (60, n_labels)), rng.uniform(size=(60, n_labels))
    names = [f"label with a long name {j}" for j in range(n_labels)]
    display = ThresholdDisplay.from_predictions(Y, probability, label_names=names)
    assert len(display.figure_.axes) == len(display.axes_) == n_labels
    titles = [ax.title for ax in display.axes_]
    assert all(text.endswith(str(j)) for j, text in enumerate(texts(titles)))
    assert_apart([*display.axes_, *titles, *display.figure_.legends])
    assert all(ax.get_xticklabels()[0].get_visible() for ax in display.axes_[-2:])


def test_panels_can_be_drawn_on_given_axes():
    rng = np.random.default_rng(0)
    Y, probability = rng.integers(0, 2, (60, 2)), rng.uniform(size=(60, 2))
    _, axes = plt.subplots(2, 2)
    display = ThresholdDisplay.from_predictions(Y, probability, ax=axes[:, 0])
    assert list(display.axes_) == list(axes[:, 0])
    assert not axes[0, 1].has_data()
    assert [ax.get_xlabel() for ax in display.axes_] == ["threshold"] * 2
    ThresholdDisplay.from_predictions(Y[:, 0], probability[:, 0], ax=[axes[0, 1]])
    assert axes[0, 1].has_data()
    with pytest.raises(ValueError, match="one Axes for each of the 2 labels; got 1"):
        ThresholdDisplay.from_predictions(Y, probability, ax=axes[0, 0])

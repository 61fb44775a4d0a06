import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba

from skneural import ActivationsDisplay


def test_many_samples_have_stripes_and_names_of_runs(texts):
    y = np.repeat([0, 1, 2], 200)
    activations = np.eye(3)[y] * 0.8
    display = ActivationsDisplay.from_predictions(activations, y)
    assert display.text_ is None
    assert display.sum_text_ == []
    assert texts(display.ax_.get_yticklabels()) == ["0", "1", "2"]
    np.testing.assert_allclose(display.ax_.get_yticks(), [99.5, 299.5, 499.5])
    widths = [np.ptp(path.vertices[:, 0]) for path in display.true_.get_paths()]
    assert max(widths) < 0.2
    bars = [np.ptp(path.vertices[:, 0]) for path in display.sum_bars_.get_paths()]
    np.testing.assert_allclose(bars, bars[0])
    shuffled = np.random.default_rng(0).permutation(600)
    display = ActivationsDisplay.from_predictions(activations[shuffled], y[shuffled])
    assert display.ax_.get_ylabel() == "sample"


def test_bars_are_as_long_as_the_sums():
    display = ActivationsDisplay.from_predictions([[0.5, 0.0], [1.0, 1.0], [0.0, 0.0]])
    widths = [np.ptp(path.vertices[:, 0]) for path in display.sum_bars_.get_paths()]
    np.testing.assert_allclose(np.array(widths) / widths[1], [0.25, 1, 0])


@pytest.mark.parametrize("n_units", [2, 10, 26])
@pytest.mark.parametrize("n_samples", [1, 20])
def test_nothing_overlaps(n_units, n_samples, assert_apart):
    activations = np.random.default_rng(0).uniform(size=(n_samples, n_units))
    names = [f"class number {j}" for j in range(n_units)]
    y = np.arange(n_samples) % n_units
    display = ActivationsDisplay.from_predictions(activations, y, display_labels=names)
    ticks = [*display.ax_.get_yticklabels(), display.ax_.yaxis.label, display.ax_.xaxis.label]
    assert_apart([display.ax_, *ticks])
    assert_apart([*display.text_.ravel(), *display.sum_text_])


def test_numbers_are_left_out_where_there_is_no_room(texts):
    _, ax = plt.subplots(figsize=(2, 2), layout="constrained")
    display = ActivationsDisplay.from_predictions(np.full((40, 30), 0.5), ax=ax, colorbar=False)
    assert display.text_ is None
    assert display.sum_text_ == []
    assert texts(ax.get_xticklabels()) == ["Σ"]
    assert len(ax.figure.axes) == 1


def test_colors_can_be_chosen():
    display = ActivationsDisplay.from_predictions([[0.1, 0.9]], cmap="viridis", vmax=2)
    assert display.im_.get_cmap().name == "viridis"
    assert display.im_.get_clim() == (0, 2)
    dark, light = (to_rgba(text.get_color()) for text in display.text_.ravel())
    assert dark == light == to_rgba("white")  # on the dark half of viridis
    norm = matplotlib.colors.LogNorm(0.01, 1)
    assert ActivationsDisplay.from_predictions([[0.1, 0.9]], norm=norm).im_.norm is norm

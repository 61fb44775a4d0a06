import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skneural import HiddenWeightsDisplay


def test_weights_are_images_of_the_hidden_units(classifier, digits):
    X, y = digits
    model = classifier(7, random_state=0, tol=0.1).fit(X, y)
    display = HiddenWeightsDisplay.from_estimator(make_pipeline(StandardScaler(), model))
    np.testing.assert_array_equal(display.images, model.coefs_[0].T.reshape(7, 8, 8))
    mosaic = display.im_.get_array()
    shown = np.ma.compressed(mosaic)
    np.testing.assert_array_equal(np.sort(shown), np.sort(model.coefs_[0], axis=None))
    limit = np.abs(model.coefs_[0]).max()
    assert display.im_.get_clim() == (-limit, limit)
    is_shown = np.pad(~np.ma.getmaskarray(mosaic), 1)
    is_corner = is_shown & ~np.roll(is_shown, 1, axis=0) & ~np.roll(is_shown, 1, axis=1)
    corners = np.argwhere(is_corner[1:, 1:])
    shown = [mosaic[top : top + 8, left : left + 8] for top, left in corners]
    np.testing.assert_array_equal(shown, display.images)
    assert display.text_ == []


def test_without_hidden_layers_images_have_the_names_of_the_units(
    classifier, kind, iris, targets_of_each_kind, unit_names
):
    X, y = iris[0], targets_of_each_kind[kind]
    model = classifier((), random_state=0, tol=0.1).fit(X, y)
    display = HiddenWeightsDisplay.from_estimator(model)
    assert display.titles == unit_names(model, kind)
    assert display.images.shape == (len(display.titles), 2, 2)
    assert len(display.text_) == len(display.titles)


@pytest.mark.parametrize(("n", "name"), [(2, "a name of many letters"), (10, ""), (26, "class ")])
def test_titles_do_not_overlap(n, name, assert_apart):
    images = np.random.default_rng(0).normal(size=(n, 16, 16))
    titles = [f"{name}{j}" for j in range(n)]
    display = HiddenWeightsDisplay(images, titles=titles).plot()
    assert_apart(display.text_)


def test_image_shapes(classifier, digits, cancer):
    wide = HiddenWeightsDisplay.from_estimator(
        classifier(3, random_state=0, tol=0.1).fit(*digits), image_shape=(4, 16)
    )
    assert wide.images.shape == (3, 4, 16)
    model = classifier(3, random_state=0, tol=0.1).fit(*cancer)
    draw = HiddenWeightsDisplay.from_estimator
    with pytest.raises(ValueError, match="30 features do not form a square image"):
        draw(model)
    with pytest.raises(ValueError, match=r"image_shape=\(5, 5\) requires 25 features.* has 30"):
        draw(model, image_shape=(5, 5))
    for bad in [30, (30,), (-5, -6), (5.0, 6.0), "56", (1, 5, 6)]:
        with pytest.raises(ValueError, match="two positive integers"):
            draw(model, image_shape=bad)
    assert draw(model, image_shape=[5, 6]).images.shape == (3, 5, 6)


def test_a_changed_number_of_features_requires_an_image_shape(classifier, digits):
    pipeline = make_pipeline(PCA(16), classifier(3, random_state=0, tol=0.1)).fit(*digits)
    with pytest.raises(ValueError, match="turn 64 features into 16"):
        HiddenWeightsDisplay.from_estimator(pipeline)
    shape = HiddenWeightsDisplay.from_estimator(pipeline, image_shape=(4, 4)).images.shape
    assert shape == (3, 4, 4)
    scaled = make_pipeline(MinMaxScaler(), clone(pipeline[-1])).fit(*digits)
    assert HiddenWeightsDisplay.from_estimator(scaled).images.shape == (3, 8, 8)


def test_weights_of_zero_and_options():
    display = HiddenWeightsDisplay(np.zeros((2, 3, 3))).plot(colorbar=False, cmap="PuOr")
    assert display.im_.get_clim() == (-1, 1)
    assert display.im_.get_cmap().name == "PuOr"
    assert len(display.figure_.axes) == 1

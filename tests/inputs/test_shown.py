import numpy as np
import pytest

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._inputs.shown import shown


def test_short_values_are_shown_whole_and_long_ones_by_their_ends():
    assert shown("tanh") == "'tanh'"
    text = shown(list(range(10_000)))
    assert text.startswith("[0, 1, 2")
    assert text.endswith("9998, 9999]")
    assert len(text) < 210


LONG = "x" * 10**6


@pytest.mark.parametrize(
    "parameters",
    [
        {"hidden_layer_sizes": [0] * 10**5},
        {"activation": LONG},
        {"activation": ["relu"] * 10**5},
        {"alpha": LONG},
        {"solver": LONG},
        {"early_stopping": LONG},
        {"class_weight": LONG},
        {"class_weight": [1] * 10**5},
        {"class_weight": dict.fromkeys(range(1, 10**5), 1.0)},
        {"class_weight": {0: LONG}},
        {"missing_labels": LONG},
    ],
    ids=lambda parameters: next(iter(parameters)),
)
def test_errors_do_not_echo_values_without_bound(classifier, parameters, iris):
    with pytest.raises((ValueError, TypeError)) as error:
        classifier(**parameters).fit(*iris)
    assert next(iter(parameters)) in str(error.value)
    assert len(str(error.value)) < 1000


def test_nor_do_errors_of_labels_probabilities_and_thresholds(iris):
    X, y = iris
    with pytest.raises(ValueError, match="threshold") as error:
        SigmoidMLPClassifier(threshold=[2.0] * 10**5).fit(X, y)
    assert len(str(error.value)) < 1000
    with pytest.raises(ValueError, match="classes must be a list") as error:
        SoftmaxMLPClassifier().fit(X, y, classes=list(range(10**5))[::-1])
    assert len(str(error.value)) < 1000
    with pytest.raises(ValueError, match="y_val has labels") as error:
        SoftmaxMLPClassifier().fit(X, y, X_val=np.ones((10**4, 4)), y_val=np.arange(10**4))
    assert len(str(error.value)) < 1000
    with pytest.raises(ValueError, match="a sum of") as error:
        SoftmaxMLPClassifier().fit(X, np.ones((150, 5000)), classes=np.arange(5000))
    assert len(str(error.value)) < 1000

import numpy as np
import pytest

X, Y = np.eye(6, 3), np.array([[0, 1], [1, 1], [0, 0]] * 2)


def masked(values):
    return np.ma.masked_array(values, np.arange(values.size).reshape(values.shape) == 1)


@pytest.mark.parametrize("name", ["X", "y", "sample_weight", "X_val", "y_val", "sample_weight_val"])
def test_masked_values_are_an_error_and_a_mask_without_any_is_not(classifier, name):
    weight = np.ones(6)
    given = {"X": X, "y": Y, "sample_weight": weight}
    given |= {"X_val": X, "y_val": Y, "sample_weight_val": weight}
    model = classifier((), alpha=1.0, tol=0.1)
    model.fit(**(given | {name: np.ma.masked_array(given[name])}))
    with pytest.raises(ValueError, match=r"has masked values\. Fill them"):
        model.fit(**(given | {name: masked(given[name])}))


def test_masked_features_cannot_be_predicted_from(classifier):
    model = classifier((), alpha=1.0, tol=0.1).fit(X, Y)
    with pytest.raises(ValueError, match="X has masked values"):
        model.predict(masked(X))

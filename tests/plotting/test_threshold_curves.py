import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from skneural import ThresholdDisplay


@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.5, 0.77])
def test_curves_are_the_metrics_of_the_predictions_at_each_threshold(labels, threshold, value_at):
    pipeline, X, Y = labels
    display = ThresholdDisplay.from_estimator(pipeline, X, Y)
    predicted = pipeline.predict_proba(X) > threshold
    for j in range(4):
        lines = display.lines_[j]
        for line, score in zip(lines, (precision_score, recall_score, f1_score), strict=True):
            assert value_at(line, threshold) == pytest.approx(score(Y[:, j], predicted[:, j]))


def test_values_at_the_ends(value_at):
    probability = np.array([0.2, 0.4, 0.4, 0.9])
    display = ThresholdDisplay.from_predictions([0, 1, 0, 1], probability)
    np.testing.assert_array_equal(display.thresholds[0], [0, 0.2, 0.4, 0.9, 1])
    np.testing.assert_allclose(display.precision[0], [1 / 2, 2 / 3, 1, np.nan, np.nan])
    np.testing.assert_allclose(display.recall[0], [1, 1, 1 / 2, 0, 0])
    np.testing.assert_allclose(display.f1[0], [2 / 3, 4 / 5, 2 / 3, 0, 0])
    display = ThresholdDisplay.from_predictions([0, 1], [1.0, 0.0])
    precision, recall, f1 = (value_at(line, 0.5) for line in display.lines_[0])
    assert (precision, recall, f1) == (0, 0, 0)


def test_missing_labels_do_not_count(labels):
    pipeline, X, Y = labels
    partly = Y.astype(float)
    partly[::3, 1] = np.nan
    probability = pipeline.predict_proba(X)
    display = ThresholdDisplay.from_estimator(pipeline, X, partly)
    known = np.arange(len(Y)) % 3 > 0
    alone = ThresholdDisplay.from_predictions(Y[known, 1], probability[known, 1])
    np.testing.assert_array_equal(display.precision[1], alone.precision[0])
    np.testing.assert_array_equal(display.f1[1], alone.f1[0])
    partly[:, 2] = np.where(Y[:, 2] == 1, np.nan, 0)
    display = ThresholdDisplay.from_predictions(partly, probability)
    assert display.axes_[2].get_title() == "2 (never present)"
    assert np.isnan(display.f1[2]).all()


def test_predictions_that_do_not_fit_are_refused():
    draw = ThresholdDisplay.from_predictions
    with pytest.raises(ValueError, match=r"shape of Y_true, \(2,\); got \(2, 2\)"):
        draw([0, 1], [[0.5, 0.5], [0.1, 0.9]])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        draw([0, 1], [0.5])
    with pytest.raises(ValueError, match=r"Y_true has labels that are not classes: \[2\]"):
        draw([0, 2], [0.5, 0.5])
    with pytest.raises(ValueError, match=r"in \[0, 1\]; got values from -1 to 0.5"):
        draw([0, 1], [0.5, -1])
    with pytest.raises(ValueError, match="a name for each of the 1 labels; got 2"):
        draw([0, 1], [0.5, 0.5], label_names=["a", "b"])
    for bad in (1.5, "auto", [-0.1], np.nan, None):
        with pytest.raises(ValueError, match=r"threshold must be in \[0, 1\]"):
            draw([0, 1], [0.5, 0.5], threshold=bad)
    with pytest.raises(ValueError, match="one for each of the 1 labels"):
        draw([0, 1], [0.5, 0.5], threshold=[0.1, 0.2])

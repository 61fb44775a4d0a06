"""What labels that are soft, or not known, ask of the units of each output."""

import numpy as np
import pytest

from skneural._network.outputs import Output

TARGETS = [(2,), (4,), (3, 2, 4)]
OUTPUTS = Output.__subclasses__()
UNKNOWN = -1


@pytest.fixture(params=[(make, n_classes) for make in OUTPUTS for n_classes in TARGETS])
def output(request):
    make, n_classes = request.param
    class_weight = [np.linspace(0.0, 2.0, k) for k in n_classes]  # 0 masks a class
    return make(n_classes, label_smoothing=0.3, class_weight=class_weight)


def sample(output, n_rows=40):
    """Logits, codes and weights of random rows."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(n_rows, output.coding.n_units))
    codes = np.column_stack([rng.integers(k, size=n_rows) for k in output.coding.n_classes])
    return logits, codes, rng.uniform(0.5, 2, n_rows)


def sums(output, logits, labels, row_weight):
    """Everything that is summed over rows; gradients are with respect to shared logits."""
    loss, gradient = output.loss_gradient(logits, labels, row_weight)
    same_gradient, *at = output.linearize(logits, labels, row_weight)
    np.testing.assert_allclose(same_gradient, gradient, atol=1e-12)
    product = output.hessian_product(*at, np.ones_like(logits) * np.arange(logits.shape[1]))
    weights = output.coding.weights(labels, row_weight)
    log_losses = weights * output.log_losses(logits, labels)
    squares = output.squared_errors(logits, labels, row_weight)
    return [
        np.hstack([loss, squares]),
        np.column_stack(
            [gradient, product, log_losses, np.broadcast_to(weights, log_losses.shape)]
        ),
    ]


def test_a_soft_label_is_the_row_with_each_class_weighted_by_its_probability(output):
    logits, _, row_weight = sample(output, n_rows=1)
    rng = np.random.default_rng(1)
    shares = [rng.dirichlet(np.ones(k)) for k in output.coding.n_classes]
    soft = np.hstack(shares)[None]
    grids = np.meshgrid(*map(np.arange, output.coding.n_classes), indexing="ij")
    codes = np.column_stack([grid.ravel() for grid in grids])  # every combination of classes
    weight = np.prod([q[code] for q, code in zip(shares, codes.T, strict=True)], axis=0)
    repeated = sums(output, np.repeat(logits, len(codes), axis=0), codes, row_weight[0] * weight)
    once = sums(output, logits, soft, row_weight)
    np.testing.assert_allclose(once[0], repeated[0], rtol=1e-12)
    np.testing.assert_allclose(once[1][0], repeated[1].sum(axis=0), rtol=1e-11, atol=1e-12)


def test_soft_labels_that_are_certain_are_codes(output):
    logits, codes, row_weight = sample(output)
    pairs = zip(codes.T, output.coding.n_classes, strict=True)
    certain = np.hstack([np.eye(k)[code] for code, k in pairs])
    hard, soft = (sums(output, logits, labels, row_weight) for labels in (codes, certain))
    for a, b in zip(hard, soft, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-14)


def test_an_unknown_label_says_nothing_to_its_own_target_and_changes_no_other(output):
    logits, codes, row_weight = sample(output)
    masked = codes.copy()
    masked[::3, 0] = UNKNOWN
    masked[5] = UNKNOWN
    _, gradient = output.loss_gradient(logits, codes, row_weight)
    _, changed = output.loss_gradient(logits, masked, row_weight)
    known = masked >= 0
    weights = np.broadcast_to(output.coding.weights(masked, row_weight), known.shape)
    assert (weights[~known] == 0).all()
    columns = zip(output.coding.split(gradient), output.coding.split(changed), known.T, strict=True)
    for before, after, seen in columns:
        np.testing.assert_array_equal(after[seen], before[seen])
        np.testing.assert_array_equal(after[~seen], 0)


def test_rows_of_which_nothing_is_known_are_as_good_as_absent(output):
    data = sample(output)
    present = sums(output, *(part[::2] for part in data))
    data[1][1::2] = UNKNOWN
    masked = sums(output, *data)
    np.testing.assert_allclose(masked[0], present[0], rtol=1e-12)
    np.testing.assert_array_equal(masked[1][::2], present[1])
    np.testing.assert_array_equal(masked[1][1::2], 0)
    assert not output.fisher_root(*data, np.ones(output.coding.n_units))[1::2].any()


def test_soft_labels_of_classes_without_weight_weigh_nothing():
    output = OUTPUTS[0]((3,), class_weight=[np.array([0.0, 1.0, 0.0])])
    soft = np.array([[0.5, 0.0, 0.5]])
    logits = np.array([[1.0, 2.0, 3.0]])
    loss, gradient = output.loss_gradient(logits, soft, np.ones(1))
    assert loss == 0
    np.testing.assert_array_equal(gradient, 0)

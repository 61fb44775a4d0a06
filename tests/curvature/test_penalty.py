from functools import partial

import numpy as np
import pytest
from scipy.optimize import brentq
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._curvature.factors import Curvature, Factors, diagonal, floored
from skneural._curvature.penalty import PENALTIES, AutoPenalty, FixedPenalty, evidence, optimism
from skneural._data.rows import Rows
from skneural._data.threads import shard_map
from skneural._network.activations import ACTIVATIONS
from skneural._network.network import Layer, Network, pack
from skneural._network.objective import Objective
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput
from tests.curvature.measure import layer_curvature

BOUND = 1e6


def make(output, scales=1.0, n=300, largest=100):
    """Layers, and their factors on features with standard deviations of about `scales`."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 6)) @ (np.eye(6) + 0.5)
    codes = np.column_stack([rng.integers(k, size=n) for k in output.coding.n_classes])
    network = Network(6, (5, 4), [ACTIVATIONS["tanh"], ACTIVATIONS["softplus"]], output)
    theta = rng.normal(size=network.n_parameters)
    layers = network.layers(theta)
    layers[0].coef[...] /= np.reshape(scales, (-1, 1))
    rows = Rows(X * scales, codes, np.ones(n))
    return layers, layer_curvature(network, theta, rows, map, largest).factors


@pytest.mark.parametrize("largest", [0, 4, 100])
@pytest.mark.parametrize("scales", [1.0, np.array([0.01, 0.1, 1.0, 1.0, 3.0, 100.0])], ids=str)
@pytest.mark.parametrize("output", [SoftmaxOutput((3,)), SigmoidOutput((2, 4))])
def test_alpha_times_the_squares_is_the_number_of_well_determined_weights(output, scales, largest):
    layers, factors = make(output, scales, largest=largest)
    alphas, gammas = evidence(factors, layers, 300.0)
    assert len(alphas) == len(layers)
    for depth, (layer, (_, A, G)) in enumerate(zip(layers, factors, strict=True)):
        variance = diagonal(A)
        variance = np.full(len(variance), variance.mean()) if depth else floored(variance)
        # In inputs of variance 1, alpha is another, and so are the coefficients.
        alpha = alphas[depth] * (1 / variance).mean()
        scale = np.sqrt(variance)
        A, G = (np.diag(side) if side.ndim == 1 else side for side in (A, G))
        curvature = 300 * np.kron(A / np.outer(scale, scale), G)
        gamma = np.trace(np.linalg.solve(curvature + alpha * np.eye(len(curvature)), curvature))
        np.testing.assert_allclose(gammas[depth], gamma, rtol=1e-6)
        squares = ((scale[:, None] * layer.coef) ** 2).sum()
        np.testing.assert_allclose(alpha * squares, gamma, rtol=1e-5)
        assert 0 < gamma < layer.coef.size


def test_threads_give_the_same_bits_as_no_threads():
    layers, factors = make(SoftmaxOutput((3,)))
    plain = evidence(factors, layers, 300.0)
    with shard_map(1e12) as map_layers:
        for a, b in zip(evidence(factors, layers, 300.0, map_layers), plain, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("scale", [1e-6, 0.1, 1e3, 1e10])
def test_the_units_of_the_features_are_those_of_the_first_penalty(scale):
    output = SoftmaxOutput((3,))
    first, *others = np.transpose(evidence(*reversed(make(output)), 300.0))
    alike, *same = np.transpose(evidence(*reversed(make(output, scale)), 300.0))
    np.testing.assert_allclose(alike, first * [scale**2, 1], rtol=1e-5)
    np.testing.assert_allclose(same, others, rtol=1e-5)


@pytest.mark.parametrize(("coef", "curvature"), [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0), (1e-9, 1e9)])
@pytest.mark.parametrize("variance", [0.0, 1e-12, 1.0, 1e12])
def test_where_weights_or_curvature_vanish_alpha_ends_at_its_bounds(coef, curvature, variance):
    factors = [Factors(np.zeros(3), variance * np.eye(3), curvature * np.eye(2))] * 2
    layers = [Layer(np.zeros(2), np.full((3, 2), coef))] * 2
    alphas, gammas = evidence(factors, layers, 100.0)
    assert np.isfinite(gammas).all()
    unit = variance or 1.0
    if coef == 0:
        np.testing.assert_allclose(alphas, BOUND * unit, rtol=1e-6)
    elif curvature == 0:
        np.testing.assert_allclose(alphas, unit / BOUND, rtol=1e-6)
    assert (alphas >= 0.999 * unit / BOUND).all()
    assert (alphas <= 1.001 * unit * BOUND).all()


def begun(rule, n=300, total_weight=300.0):
    """A penalty, and arguments of its updates."""
    output = SoftmaxOutput((3,))
    layers, factors = make(output)
    network = Network(6, (5, 4), [ACTIVATIONS["tanh"], ACTIVATIONS["softplus"]], output)
    return rule(network, total_weight, n), factors, layers


def test_a_fixed_penalty_needs_no_curvature():
    penalty, _, layers = begun(partial(FixedPenalty, alpha=0.3))
    assert penalty.is_fixed
    found = penalty.update(None, layers, is_trained=True, is_unseen=False)
    np.testing.assert_array_equal(found, [0.3, 0.3, 0.3])


def test_the_automatic_penalty_is_the_evidence_times_the_dispersion():
    penalty, factors, layers = begun(PENALTIES["auto"])
    alpha, gamma = evidence(factors, layers, 300.0)

    def share(dispersion, **state):
        curvature = Curvature(factors, dispersion)
        return penalty.update(curvature, layers, **state) / alpha

    np.testing.assert_allclose(share(0.5, is_trained=False, is_unseen=False), 0.5)
    added = optimism(gamma, 300.0 * 2)
    np.testing.assert_allclose(share(0.5, is_trained=True, is_unseen=False), 0.5 + added)
    np.testing.assert_allclose(share(2.0, is_trained=True, is_unseen=True), 2.0)
    # The dispersion of unseen rows is kept.
    np.testing.assert_allclose(share(0.5, is_trained=True, is_unseen=False), 2.0)


@pytest.mark.parametrize("total", [1.0, 1 - 1e-12])
def test_weights_that_sum_to_one_are_shares_of_the_rows(total):
    state = {"is_trained": False, "is_unseen": False}
    shares, factors, layers = begun(AutoPenalty, total_weight=total)
    counts, _, _ = begun(AutoPenalty, total_weight=300.0)
    curvature = Curvature(factors, 1.0)
    expected = counts.update(curvature, layers, **state) * total / 300
    np.testing.assert_allclose(shares.update(curvature, layers, **state), expected, rtol=1e-9)


def test_more_weights_for_fewer_observations_are_more_optimistic():
    gamma = np.array([10.0, 5.0])
    assert 0 < optimism(gamma, 1000) < optimism(gamma, 100) < optimism(2 * gamma, 100)
    assert optimism(gamma, np.inf) == 0
    np.testing.assert_allclose(optimism(gamma, 100), optimism(gamma[::-1], 100))


# --- Bayesian logistic regression ----------------------------------------------------------


def exact_evidence(model, X, y):
    """Alpha by the same formulas, but from all eigenvalues of the Hessian itself."""
    make_output = SoftmaxOutput if model.out_activation_ == "softmax" else SigmoidOutput
    output = make_output((len(model.classes_),))
    network = Network(X.shape[1], (), [], output)
    rows = Rows(X, y[:, None], np.ones(len(X)))
    theta = pack([Layer(model.intercepts_[0], model.coefs_[0])])
    objective = Objective(network, rows, np.zeros(1))
    hessian_product = objective.linearize(theta)
    H = len(X) * np.column_stack([hessian_product(unit) for unit in np.eye(theta.size)])
    k = output.coding.n_units  # the intercepts come first; they are fitted without a penalty
    H = H[k:, k:] - H[k:, :k] @ np.linalg.pinv(H[:k, :k], rcond=1e-10) @ H[:k, k:]
    eigenvalues = np.maximum(np.linalg.eigvalsh(H), 0)
    squares = (model.coefs_[0] ** 2).sum()

    def gamma(log_alpha):
        return (eigenvalues / (eigenvalues + np.exp(log_alpha))).sum()

    log_alpha = brentq(lambda a: np.exp(a) * squares - gamma(a), -14, 14)
    logits = X @ model.coefs_[0] + model.intercepts_[0]
    residual, expected = output.squared_errors(logits, y[:, None], rows.weight)
    dispersion = residual / expected
    return np.exp(log_alpha) * (
        dispersion + optimism(np.array([gamma(log_alpha)]), len(X) * output.n_degrees)
    )


def until_it_settles(step, alpha):
    for _ in range(60):
        last, alpha = alpha, step(alpha)
        if abs(np.log(alpha / last)) < 1e-3:
            return alpha
    raise AssertionError(f"alpha is still {alpha:.4g} after {last:.4g}")


def settled(model, X, y):
    """Alpha where fit after fit no longer changes it, and that of the exact evidence."""
    model.set_params(tol=1e-6, max_iter=500, warm_start=True)

    def refit(_):
        return model.set_params(alpha="auto").fit(X, y).alpha_[0]

    def exact(alpha):
        return exact_evidence(model.set_params(alpha=alpha).fit(X, y), X, y)

    found = until_it_settles(refit, 1.0)
    return found, until_it_settles(exact, found)


def scaled(X, y):
    return StandardScaler().fit_transform(X), y


def load_diabetes_classes(n_classes):
    """Patients by how far their diabetes progresses: labels that are far from certain."""
    X, y = load_diabetes(return_X_y=True)
    return X, np.digitize(y, np.quantile(y, np.arange(1, n_classes) / n_classes))


def load_two_species():
    X, y = load_iris(return_X_y=True)
    return X[50:], y[50:] - 1  # which overlap


OVERLAPPING = {
    "iris": lambda: load_iris(return_X_y=True),
    "two species": load_two_species,
    "diabetes in 2": lambda: load_diabetes_classes(2),
    "diabetes in 3": lambda: load_diabetes_classes(3),
}


@pytest.mark.parametrize("data", OVERLAPPING)
def test_without_hidden_layers_alpha_is_that_of_bayesian_logistic_regression(classifier, data):
    found, expected = settled(classifier(()), *scaled(*OVERLAPPING[data]()))
    # A Kronecker product weighs all rows alike, the Hessian those that are uncertain.
    np.testing.assert_allclose(found, expected, rtol=0.05 if "diabetes" in data else 0.25)


@pytest.mark.parametrize("load", [load_wine, load_breast_cancer])
def test_where_classes_hardly_overlap_alpha_serves_as_well_as_the_exact_one(classifier, load):
    X, y = scaled(*load(return_X_y=True))  # few rows are uncertain, and alphas differ more
    found, expected = settled(classifier(()), X, y)
    losses = [
        -cross_val_score(classifier((), alpha=alpha), X, y, scoring="neg_log_loss").mean()
        for alpha in (found, expected)
    ]
    assert losses[0] < 1.2 * losses[1]


def test_the_alpha_of_two_softmax_units_is_twice_that_of_one_sigmoid_unit():
    X, y = scaled(*load_diabetes_classes(2))
    softmax, sigmoid = (
        settled(each(()), X, y) for each in (SoftmaxMLPClassifier, SigmoidMLPClassifier)
    )
    np.testing.assert_allclose(softmax, np.multiply(2, sigmoid), rtol=5e-3)

import numpy as np
import pytest
from scipy.optimize import brentq
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._curvature.factors import Curvature, Factors
from skneural._curvature.meter import UNCERTAIN
from skneural._curvature.moments import feature_moments
from skneural._curvature.penalty import (
    BOUND,
    PENALTIES,
    WEAK,
    AutoPenalty,
    FixedPenalty,
    Size,
    balanced_evidence,
    eigenvalues,
    optimism,
)
from skneural._data.rows import Rows
from skneural._data.threads import shard_map
from skneural._network.activations import ACTIVATIONS
from skneural._network.network import Layer, Network, pack
from skneural._network.objective import Objective
from skneural._network.row_sums import total_weight
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput
from tests.curvature.measure import layer_curvature

OUTPUTS = [SoftmaxOutput((3,)), SigmoidOutput((2, 4))]
UNITS = np.array([0.01, 0.1, 1.0, 1.0, 3.0, 100.0])
PHI = np.array([0.7, 1.5, 1.1])
N = 300.0
UNSEEN = {"n_observed": N, "is_unseen": True}
CHOSEN = {"n_observed": N, "is_unseen": True, "surprise": 0.5}
SEEN = {"n_observed": N, "is_unseen": False}


def make(output, units=1.0, largest=100):
    """A network, its layers, and their curvature on features with deviations of about `units`.

    The curvature is measured for 300 observations, whatever their class weights.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 6)) @ (np.eye(6) + 0.5)
    codes = np.column_stack([rng.integers(k, size=300) for k in output.coding.n_classes])
    network = Network(6, (5, 4), [ACTIVATIONS["tanh"], ACTIVATIONS["softplus"]], output)
    theta = rng.normal(size=network.n_parameters)
    layers = network.layers(theta)
    layers[0].coef[...] /= np.reshape(units, (-1, 1))
    rows = Rows(X * units, codes, np.ones(300))
    unit = total_weight(output, rows) / 300
    weights = {"unit": unit}
    return network, layers, layer_curvature(network, theta, rows, map, largest, **weights)


def penalty_of(network, unit=1.0):
    """The automatic penalty for 300 observations."""
    return AutoPenalty(network, Size(N * unit, N))


# --- The equations -------------------------------------------------------------------------


@pytest.mark.parametrize("information", [1e-20, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_both_equations_hold_at_the_balanced_evidence(seed, information):
    rng = np.random.default_rng(seed)
    spectra = [information * rng.exponential(100, size) ** 2 for size in (40, 30, 8)]
    squares, dispersion = rng.exponential(10, 3), rng.uniform(0.3, 5, 3)
    alpha, gamma = balanced_evidence(spectra, squares, dispersion)
    for k, alpha_l, gamma_l, phi in zip(spectra, alpha, gamma, dispersion, strict=True):
        np.testing.assert_allclose(gamma_l, (k / (k + alpha_l / phi)).sum(), rtol=1e-9)
    np.testing.assert_allclose((alpha * squares / dispersion).sum(), gamma.sum(), rtol=1e-5)
    np.testing.assert_allclose(alpha * squares, (alpha * squares)[0], rtol=1e-12)
    assert (gamma.sum() < 1) == (information < 1)  # of 78 coefficients


@pytest.mark.parametrize("constant", [0.0, 1e-9, 1.0, 1e9])
@pytest.mark.parametrize("square", [1e-12, 1.0, 1e12])
def test_the_balanced_evidence_is_finite_at_every_extreme(square, constant):
    spectra = [np.full(6, constant), np.zeros(4)]
    for dispersion in (np.array([1e-3, 100.0]), np.array([100.0, 1e-3]), np.ones(2)):
        alpha, gamma = balanced_evidence(spectra, np.array([square, 1.0]), dispersion)
        assert np.isfinite(alpha).all()
        assert (alpha > 0).all()
        assert (gamma >= 0).all()
        assert gamma.sum() <= 10


@pytest.mark.parametrize("phi", [1e-3, 0.7, 3.0])
def test_where_the_data_determine_all_coefficients_their_number_is_the_evidence(phi):
    for n_coefs in range(1, 50):
        spectrum, square = np.full(n_coefs, 1e30), np.array([2.0])
        alpha, gamma = balanced_evidence([spectrum], square, np.array([phi]))
        np.testing.assert_allclose(alpha * square / phi, n_coefs, rtol=1e-5)
        np.testing.assert_allclose(gamma, n_coefs)


@pytest.mark.parametrize("largest", [0, 4, 100])
@pytest.mark.parametrize("units", [1.0, UNITS], ids=str)
@pytest.mark.parametrize("output", OUTPUTS)
def test_the_penalty_is_that_of_the_equations_for_standardised_inputs(output, units, largest):
    network, layers, curvature = make(output, units, largest=largest)
    curvature = curvature._replace(dispersion=PHI)
    alphas = penalty_of(network, unit=4.0).update(curvature, layers, **UNSEEN) / 4
    gammas, sizes = [], []
    for depth, (layer, factors) in enumerate(zip(layers, curvature.factors, strict=True)):
        _, scale, A, G = factors
        A, G = (np.diag(side) if side.ndim == 1 else side for side in (A, G))
        common = np.sqrt((scale**2).mean())
        of_inputs = common * np.ones_like(scale) if depth else scale
        # From inputs of their own scales to those of the coefficients V.
        A = A * np.outer(scale / of_inputs, scale / of_inputs)
        alpha = alphas[depth] / (common**2 if depth else 1)
        curved = 300 * np.kron(A, G)
        decided = np.linalg.solve(curved + alpha / PHI[depth] * np.eye(len(curved)), curved)
        gammas.append(np.trace(decided))
        sizes.append(alpha * ((of_inputs[:, None] * layer.coef) ** 2).sum())
        assert 0 < gammas[-1] < layer.coef.size
    np.testing.assert_allclose(sizes, sizes[0], rtol=1e-9)
    np.testing.assert_allclose((sizes / PHI).sum(), sum(gammas), rtol=1e-5)


def test_eigenvalues_are_not_negative_by_rounding():
    root = np.random.default_rng(0).normal(size=(20, 3))
    found = eigenvalues(root @ root.T)
    assert np.linalg.eigvalsh(root @ root.T).min() < 0
    assert found.min() == 0
    np.testing.assert_allclose(found[-3:], np.linalg.eigvalsh(root.T @ root))


def test_threads_give_the_same_bits_as_no_threads():
    network, layers, curvature = make(SoftmaxOutput((3,)))
    plain = penalty_of(network).update(curvature, layers, **UNSEEN)
    with shard_map(1e12) as map_layers:
        penalty = AutoPenalty(network, Size(N, N), map_layers)
        np.testing.assert_array_equal(penalty.update(curvature, layers, **UNSEEN), plain)


@pytest.mark.parametrize("units", [1e-6, 0.1, 1e10, UNITS], ids=str)
@pytest.mark.parametrize("state", [UNSEEN, CHOSEN, SEEN], ids=str)
def test_the_units_of_the_features_do_not_matter(state, units):
    alphas = []
    for each in (1.0, units):
        network, layers, curvature = make(SoftmaxOutput((3,)), each)
        alphas.append(penalty_of(network).update(curvature, layers, **state))
    np.testing.assert_allclose(alphas[1], alphas[0], rtol=1e-5)


@pytest.mark.parametrize("factor", [1e-3, 3.0, 1e3])
@pytest.mark.parametrize("state", [UNSEEN, CHOSEN, SEEN], ids=str)
@pytest.mark.parametrize("output", OUTPUTS)
def test_the_penalty_grows_with_a_constant_factor_of_the_class_weights(output, state, factor):
    weights = [np.linspace(0.5, 2, k) for k in output.coding.n_classes]
    alphas = []
    for times in (1.0, factor):
        class_weight = [times * each for each in weights]
        weighted = type(output)(output.coding.n_classes, class_weight=class_weight)
        network, layers, curvature = make(weighted)
        penalty = penalty_of(network, unit=1.3 * times)
        alphas.append(penalty.update(curvature, layers, **state))
    np.testing.assert_allclose(alphas[1], factor * alphas[0], rtol=1e-5)


@pytest.mark.parametrize("factor", [1e-6, 5.0])
def test_the_penalty_grows_with_the_weight_of_an_observation(factor):
    network, layers, curvature = make(SoftmaxOutput((3,)))
    plain = penalty_of(network).update(curvature, layers, **UNSEEN)
    scaled = penalty_of(network, unit=factor).update(curvature, layers, **UNSEEN)
    np.testing.assert_allclose(scaled, factor * plain, rtol=1e-12)


def test_more_observations_count_like_more_curvature():
    network, layers, curvature = make(SoftmaxOutput((3,)))
    penalty = penalty_of(network)
    curved = curvature._replace(factors=[f._replace(G=2 * f.G) for f in curvature.factors])
    expected = penalty.update(curved, layers, **UNSEEN)
    alpha = penalty.update(curvature, layers, **UNSEEN | {"n_observed": 2 * N})
    np.testing.assert_allclose(alpha, expected, rtol=1e-6)
    assert not np.allclose(alpha, penalty.update(curvature, layers, **UNSEEN))


@pytest.mark.parametrize(("coef", "curvature"), [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0), (1e-9, 1e9)])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_where_weights_or_curvature_vanish_alpha_ends_at_its_bounds(coef, curvature, scale):
    network = Network(3, (2,), [ACTIVATIONS["tanh"]], SoftmaxOutput((2,)))
    shapes = [(3, 2), (2, 2)]
    factors = [
        Factors(np.zeros(n), np.full(n, scale), np.eye(n), curvature * np.eye(m)) for n, m in shapes
    ]
    layers = [Layer(np.zeros(m), np.full((n, m), coef / scale)) for n, m in shapes]
    for state in (UNSEEN, CHOSEN, SEEN):
        measured = Curvature(factors, np.ones(2))
        alphas = penalty_of(network).update(measured, layers, **state)
        alphas = alphas / [1, scale**2]  # that of standardised inputs
        assert (alphas >= 0.999 / BOUND).all()
        assert (alphas <= 1.001 * BOUND).all()
        if coef == 0 and curvature > 0:
            np.testing.assert_allclose(alphas, BOUND, rtol=1e-6)
        elif coef > 0 and curvature == 0:
            np.testing.assert_allclose(alphas, 1 / BOUND, rtol=1e-6)


# --- The rules -----------------------------------------------------------------------------


def test_a_fixed_penalty_needs_no_curvature():
    network, layers, _ = make(SoftmaxOutput((3,)))
    penalty = FixedPenalty(network, Size(N, N), alpha=0.3)
    assert penalty.is_fixed
    assert not penalty.is_standardised
    np.testing.assert_array_equal(penalty.first(), [0.3, 0.3, 0.3])
    np.testing.assert_array_equal(penalty.update(None, layers, **SEEN), [0.3, 0.3, 0.3])
    np.testing.assert_array_equal(penalty.strongest(), [BOUND] * 3)


@pytest.mark.parametrize("unit", [1.0, 1 / 300, 20.0])
def test_the_first_penalty_is_weak_and_the_strongest_leaves_no_weight(unit):
    network, _, _ = make(SoftmaxOutput((3,)))
    penalty = PENALTIES["auto"](network, Size(N * unit, N), map)
    np.testing.assert_allclose(penalty.first(), [WEAK * unit] * 3)
    np.testing.assert_allclose(penalty.strongest(), [BOUND * unit] * 3)
    assert not penalty.is_fixed
    assert penalty.is_standardised


@pytest.mark.parametrize(("surprise", "factor"), [(0.5, 0.0625), (1.0, 1.0), (1.5, 2.25)])
def test_the_penalty_is_corrected_by_the_surprise_of_unseen_rows(surprise, factor):
    network, layers, curvature = make(SoftmaxOutput((3,)))
    expected, corrected = (
        penalty_of(network).update(curvature, layers, **UNSEEN, **state)
        for state in ({}, {"surprise": surprise})
    )
    np.testing.assert_allclose(corrected, factor * expected)


def test_the_dispersion_of_rows_that_were_trained_on_is_corrected_for_optimism():
    network, layers, curvature = make(SoftmaxOutput((3,)))
    curvature = curvature._replace(dispersion=0.5 * PHI)
    penalty = penalty_of(network)
    spectra = [penalty._spectrum(N, each) for each in enumerate(curvature.factors)]
    scales = [np.sqrt((each.scale**2).mean()) for each in curvature.factors]
    scales[0] = 1.0
    squares = [(layer.coef**2).sum() * s**2 for layer, s in zip(layers, scales, strict=True)]
    squares[0] = ((curvature.factors[0].scale[:, None] * layers[0].coef) ** 2).sum()
    _, gamma = balanced_evidence(spectra, np.array(squares), 0.5 * PHI)
    added = optimism(gamma, 300 * 2)  # a softmax of three classes has two degrees of freedom
    corrected = curvature._replace(dispersion=0.5 * PHI * (1 + added / (0.5 * PHI[-1])))
    np.testing.assert_allclose(
        penalty.update(curvature, layers, **SEEN), penalty.update(corrected, layers, **UNSEEN)
    )
    assert added > 0.01


def test_more_weights_for_fewer_observations_are_more_optimistic():
    gamma = np.array([10.0, 5.0])
    assert 0 < optimism(gamma, 1000) < optimism(gamma, 100) < optimism(2 * gamma, 100)
    assert optimism(gamma, np.inf) == 0
    np.testing.assert_allclose(optimism(gamma, 100), optimism(gamma[::-1], 100))


# --- Fits ----------------------------------------------------------------------------------


def standardised(model, scale):
    return [scale[:, None] * model.coefs_[0], *model.coefs_[1:]]


@pytest.mark.parametrize("hidden", [(), (4,)], ids=str)
def test_units_of_the_features_change_neither_penalties_nor_standardised_weights(
    classifier, hidden, cancer
):
    X, y = cancer[0][:, :6], cancer[1]
    settings = {"preconditioner": "kronecker", "random_state": 0, "max_iter": 500}
    units = 2.0 ** np.array([0, -20, 3, 10, 0, -1])
    models = [classifier(hidden, "tanh", **settings).fit(each, y) for each in (X, X * units)]
    np.testing.assert_allclose(models[1].alpha_, models[0].alpha_, rtol=1e-5)
    for one, other in zip(models[0].coefs_, standardised(models[1], units), strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("hidden", [(), (4,)], ids=str)
def test_equal_class_weights_change_only_the_penalty(classifier, hidden, iris):
    X, y = iris
    settings = {"random_state": 0, "max_iter": 500}
    plain = classifier(hidden, "tanh", **settings).fit(X, y)
    weight = dict.fromkeys(range(3), 4.0)
    weighted = classifier(hidden, "tanh", class_weight=weight, **settings).fit(X, y)
    np.testing.assert_allclose(weighted.alpha_, 4 * plain.alpha_, rtol=1e-5)
    np.testing.assert_allclose(weighted.predict_proba(X), plain.predict_proba(X), atol=1e-5)


# --- Bayesian logistic regression ----------------------------------------------------------


def exact_evidence(model, X, y):
    """Alpha by the same formulas, but from all eigenvalues of the Hessian itself."""
    make_output = SoftmaxOutput if model.out_activation_ == "softmax" else SigmoidOutput
    output = make_output((len(model.classes_),))
    network = Network(X.shape[1], (), [], output)
    labels, weight = y[:, None], np.ones(len(X))
    theta = pack([Layer(model.intercepts_[0], model.coefs_[0])])
    hessian_product = Objective(network, Rows(X, labels, weight), np.zeros(1)).linearize(theta)
    H = len(X) * np.column_stack([hessian_product(unit) for unit in np.eye(theta.size)])
    k = output.coding.n_units  # the intercepts come first; they are fitted without a penalty
    H = H[k:, k:] - H[k:, :k] @ np.linalg.pinv(H[:k, :k], rcond=1e-10) @ H[:k, k:]
    eigenvalues = np.maximum(np.linalg.eigvalsh(H), 0)
    squares = (model.coefs_[0] ** 2).sum()

    def gamma(beta):
        return (eigenvalues / (eigenvalues + beta)).sum()

    def solution(phi):
        """Alpha with ``alpha ||V||^2 / phi = gamma(alpha / phi)``."""
        log_beta = brentq(lambda b: np.exp(b) * squares - gamma(np.exp(b)), -20, 14)
        return phi * np.exp(log_beta)

    logits = X @ model.coefs_[0] + model.intercepts_[0]
    (errors,) = output.error_roots(logits, labels, weight)
    roots = [output.fisher_root(logits, labels, weight, unit) for unit in np.eye(k)]
    phi = ((errors**2).sum() + UNCERTAIN) / (np.square(roots).sum() + UNCERTAIN)
    alpha = solution(phi)
    added = optimism(np.array([gamma(alpha / phi)]), len(X) * output.n_degrees)
    return solution(phi + added)


def until_it_settles(step, alpha):
    for _ in range(60):
        last, alpha = alpha, step(alpha)
        if abs(np.log(alpha / last)) < 1e-3:
            return alpha
    raise AssertionError(f"alpha is still {alpha:.4g} after {last:.4g}")


def settled(model, X, y):
    """Alpha where fit after fit no longer changes it, and that of the exact evidence."""
    model.set_params(tol=1e-6, max_iter=500, warm_start=True, alpha=1.0).fit(X, y)

    def refit(_):
        return model.set_params(alpha="auto").fit(X, y).alpha_[0]

    def exact(alpha):
        return exact_evidence(model.set_params(alpha=alpha).fit(X, y), X, y)

    found = until_it_settles(refit, 1.0)
    return found, until_it_settles(exact, found)


def scaled(X, y):
    """Centred features of scale 1, for which a number and the automatic penalty mean the same."""
    X = StandardScaler().fit_transform(X)
    _, scale = feature_moments(SoftmaxOutput((2,)), Rows(X, 0 * y[:, None], np.ones(len(X))))
    return X / scale, y


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

import numpy as np
import pytest
from scipy.stats import ortho_group

from skneural._curvature import reparametrization as _reparametrization
from skneural._curvature.factors import Curvature, Factors, diagonal
from skneural._curvature.moments import feature_moments
from skneural._curvature.preconditioner import (
    LARGEST_DIMENSIONS,
    PRECONDITIONERS,
    Preconditioner,
)
from skneural._curvature.reparametrization import Identity, KroneckerReparametrization
from skneural._data.rows import Rows
from skneural._data.threads import shard_map
from skneural._network.activations import ACTIVATIONS
from skneural._network.network import Network, forward
from skneural._network.objective import Objective
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput
from skneural._training.problem import Problem
from skneural._training.progress import Progress
from tests.curvature.measure import layer_curvature, layer_meter

OUTPUTS = [SoftmaxOutput((3,)), SigmoidOutput((2, 4))]
LARGEST = {"matrices": 100, "diagonals": 0, "mixed": 4}
SMOOTH = [name for name, activation in ACTIVATIONS.items() if activation.smooth]
SCALES = np.array([0.03, 0.3, 1.0, 3.0, 30.0, 100.0])


def make(output, hidden=(5, 4), name="tanh", n=200):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 6)) @ (np.eye(6) + 0.5) * SCALES + 10
    codes = np.column_stack([rng.integers(k, size=n) for k in output.coding.n_classes])
    network = Network(6, hidden, [ACTIVATIONS[name]] * len(hidden), output)
    rows = Rows(X, codes, rng.uniform(0.5, 2, n))
    theta = network.initial_weights(np.random.RandomState(0), 10.0, SCALES)
    return network, theta, rows


def penalties(network, penalty):
    """The same penalty for all inputs."""
    return [np.full(size, penalty) for size in network.layer_sizes[:-1]]


def reparametrization_at(network, theta, rows, penalty, largest=100):
    factors = layer_curvature(network, theta, rows, map, largest).factors
    return KroneckerReparametrization(network, factors, penalties(network, penalty))


def as_matrix(transformation, n_parameters):
    return np.column_stack([transformation.weights(unit) for unit in np.eye(n_parameters)])


@pytest.mark.parametrize("largest", LARGEST)
@pytest.mark.parametrize("output", OUTPUTS)
def test_a_reparametrization_is_linear_and_their_gradient_is_the_transpose(output, largest):
    network, theta, rows = make(output)
    transformation = reparametrization_at(network, theta, rows, 0.01, LARGEST[largest])
    T = as_matrix(transformation, theta.size)
    u, v = np.random.default_rng(1).normal(size=(2, theta.size))
    np.testing.assert_allclose(transformation.weights(u), T @ u, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(transformation.gradient(v), T.T @ v, rtol=1e-9, atol=1e-10)
    assert np.linalg.matrix_rank(T) == theta.size
    np.testing.assert_array_equal(Identity().weights(u), u)
    np.testing.assert_array_equal(Identity().gradient(u), u)


def test_threads_give_the_same_bits_as_no_threads():
    network, theta, rows = make(OUTPUTS[0])
    factors = layer_curvature(network, theta, rows, map, 100).factors
    plain = KroneckerReparametrization(network, factors, penalties(network, 1.0))
    with shard_map(1e12) as map_layers:
        ones = penalties(network, 1.0)
        threaded = KroneckerReparametrization(network, factors, ones, map_layers)
        np.testing.assert_array_equal(threaded.weights(theta), plain.weights(theta))
        np.testing.assert_array_equal(threaded.gradient(theta), plain.gradient(theta))


@pytest.mark.parametrize("largest", LARGEST)
@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_derivatives_of_a_problem_by_central_differences(output, name, largest, assert_is_gradient):
    network, theta, rows = make(output, name=name)
    transformation = reparametrization_at(network, theta, rows, 0.01, LARGEST[largest])
    progress = Progress(theta, tol=0.0)
    problem = Problem(Objective(network, rows, np.ones(3)), transformation, progress, max_iter=1)
    phi, direction = 0.1 * np.random.default_rng(1).normal(size=(2, theta.size))
    assert_is_gradient(lambda x: problem.evaluate(x)[0], problem.evaluate(phi)[1], phi)
    if name in SMOOTH:
        step = 1e-4
        ahead, behind = (problem.evaluate(phi + s * direction)[1] for s in (step, -step))
        differences = (ahead - behind) / (2 * step)
        product = problem.linearize(phi)(direction)
        np.testing.assert_allclose(product, differences, rtol=1e-5, atol=1e-7)


def test_the_origin_is_where_the_solver_starts():
    network, theta, rows = make(OUTPUTS[0])
    objective = Objective(network, rows, np.ones(3))
    progress = Progress(theta, tol=0.0)
    problem = Problem(objective, reparametrization_at(network, theta, rows, 0.01), progress, 1)
    assert problem.begin() is None
    loss, gradient = objective(theta)
    assert problem.evaluate(np.zeros_like(theta))[0] == loss
    assert progress.gradient_norm == np.abs(gradient).max()  # with respect to the weights


@pytest.mark.parametrize("penalty", [0.0, 1e-3, 10.0, "each"])
@pytest.mark.parametrize("diagonal", [False, True])
def test_the_approximate_curvature_is_at_most_one_in_all_directions(diagonal, penalty):
    rng = np.random.default_rng(0)
    network = Network(6, (), [], SigmoidOutput((4,)))
    roots = rng.normal(size=(6, 6)), rng.normal(size=(4, 4)) * [1e-3, 0.1, 1, 1]
    A, G = (root.T @ root for root in roots)
    if diagonal:
        A, G = A.diagonal(), G.diagonal()
    each = np.geomspace(1e-3, 1e3, 6) if penalty == "each" else np.full(6, penalty)
    factors = [Factors(np.zeros(6), SCALES, A, G)]
    T = as_matrix(KroneckerReparametrization(network, factors, [each]), 28)
    A, G = (np.diag(side) if diagonal else side for side in (A, G))
    curvature = np.zeros((28, 28))
    curvature[:4, :4] = G
    curvature[4:, 4:] = np.kron(A * np.outer(SCALES, SCALES), G) + np.kron(np.diag(each), np.eye(4))
    eigenvalues = np.linalg.eigvalsh(T.T @ curvature @ T)
    assert eigenvalues.max() <= 1 + 1e-9
    assert eigenvalues.max() > 0.1


@pytest.mark.parametrize("sides", [np.diagonal, np.asarray], ids=["diagonals", "matrices"])
def test_the_curvature_of_a_strong_penalty_is_one_in_all_directions(sides):
    rng = np.random.default_rng(0)
    network = Network(6, (), [], SigmoidOutput((4,)))
    A, G = (sides(root.T @ root) for root in (rng.normal(size=(6, 6)), rng.normal(size=(4, 4))))
    each = 1e30 * np.geomspace(1, 1e3, 6)
    factors = [Factors(np.zeros(6), SCALES, A, G)]
    T = as_matrix(KroneckerReparametrization(network, factors, [each]), 28)[4:, 4:]
    np.testing.assert_allclose(T.T * np.repeat(each, 4) @ T, np.eye(24), atol=1e-6)


@pytest.mark.parametrize("factor", [1e-9, 1e9])
def test_losses_times_a_constant_have_a_change_of_variables_divided_by_its_root(factor):
    rng = np.random.default_rng(0)
    network = Network(6, (), [], SigmoidOutput((4,)))
    A, G = (root.T @ root for root in (rng.normal(size=(6, 6)), rng.normal(size=(4, 4))))
    T, scaled = (
        KroneckerReparametrization(
            network, [Factors(np.ones(6), SCALES, A, times * G)], penalties(network, times * 0.3)
        )
        for times in (1.0, factor)
    )
    phi = rng.normal(size=network.n_parameters)
    np.testing.assert_allclose(scaled.weights(phi), T.weights(phi) / np.sqrt(factor))


def test_an_intercept_moves_like_the_coefficients_of_a_standardised_input():
    network = Network(1, (), [], SigmoidOutput((4,)))
    root = np.random.default_rng(0).normal(size=(4, 4))
    factors = [Factors(np.zeros(1), np.ones(1), np.ones((1, 1)), root.T @ root)]
    T = as_matrix(KroneckerReparametrization(network, factors, penalties(network, 0.0)), 8)
    np.testing.assert_allclose(T[:4, :4], T[4:, 4:])


@pytest.mark.parametrize("sides", [np.diagonal, np.asarray], ids=["diagonals", "matrices"])
def test_copies_of_all_inputs_and_units_are_transformed_like_one(sides):
    rng = np.random.default_rng(0)
    roots = rng.normal(size=(2, 2)), rng.normal(size=(3, 3))
    each, V, coefs = rng.uniform(0.1, 10, 2), rng.normal(size=(2, 3)), []
    for copies in (1, 2):
        network = Network(2 * copies, (), [], SigmoidOutput((3,) * copies))
        A, G = (sides(np.kron(np.eye(copies), root.T @ root)) for root in roots)
        factors = [Factors(np.zeros(len(A)), np.tile(SCALES[:2], copies), A, G)]
        phi = np.zeros(network.n_parameters)
        network.layers(phi)[0].coef[...] = np.kron(np.eye(copies), V)
        transformation = KroneckerReparametrization(network, factors, [np.tile(each, copies)])
        coefs.append(network.layers(transformation.weights(phi))[0].coef)
    np.testing.assert_allclose(coefs[1], np.kron(np.eye(2), coefs[0]), atol=1e-12)


def condition(hessian):
    eigenvalues = np.linalg.eigvalsh(hessian)
    eigenvalues = eigenvalues[eigenvalues > 1e-12 * eigenvalues.max()]  # a softmax has a null space
    return eigenvalues.max() / eigenvalues.min()


@pytest.mark.parametrize("largest", LARGEST)
@pytest.mark.parametrize("output", OUTPUTS)
def test_correlated_features_of_many_scales_are_better_conditioned(output, largest):
    network, theta, rows = make(output, hidden=())
    transformation = reparametrization_at(network, theta, rows, 0.0, LARGEST[largest])
    objective = Objective(network, rows, np.zeros(1))
    hessian_product = objective.linearize(theta)
    H = np.column_stack([hessian_product(unit) for unit in np.eye(theta.size)])
    T = as_matrix(transformation, theta.size)
    assert condition(T.T @ H @ T) < condition(H) / 100


def logit_changes(network, rows, X, phi, penalty=0.0, largest=100, scale=None):
    """How the logits on features X change when the weights move by T phi, from 0.

    The penalty is that of standardised features. All scales may be given.
    """
    data = Rows(X, rows.labels, rows.weight)
    if scale is None:
        _, scale = feature_moments(network.output, data)
    meter = layer_meter(network, data, map, largest, scale=scale)
    factors = meter.measure(0 * phi, data).factors
    transformation = KroneckerReparametrization(network, factors, [penalty * scale**2])
    return forward(network.layers(transformation.weights(phi)), (), X).logits


@pytest.mark.parametrize(
    "transform",
    [
        lambda X: np.add(X, [-50, 0, 3, 1000, 0.1, 7]),
        lambda X: X * 1e3,
        lambda X: X / 1e3,
        lambda X: X * [1, 1e-6, 1, 1, 5, 1000],
    ],
    ids=["shift", "up", "down", "each"],
)
def test_without_a_penalty_shifts_and_scales_of_the_features_do_not_matter(transform):
    network, theta, rows = make(OUTPUTS[0], hidden=())
    phi = np.random.default_rng(1).normal(size=theta.size)
    changes = logit_changes(network, rows, rows.X, phi)
    same = logit_changes(network, rows, transform(rows.X), phi)
    np.testing.assert_allclose(same, changes, rtol=1e-7, atol=1e-8)


def test_rotations_of_whitened_features_rotate_the_weights():
    network, theta, rows = make(OUTPUTS[0], hidden=())
    centred = rows.X - np.average(rows.X, axis=0, weights=rows.weight)
    covariance = np.cov(rows.X.T, aweights=rows.weight, ddof=0)
    white = centred @ np.linalg.inv(np.linalg.cholesky(covariance)).T
    rotation = ortho_group.rvs(6, random_state=0)
    phi = np.random.default_rng(1).normal(size=theta.size)
    turned = phi.copy()
    network.layers(turned)[0].coef[...] = rotation.T @ network.layers(phi)[0].coef
    changes = logit_changes(network, rows, white, phi, scale=np.ones(6))
    same = logit_changes(network, rows, white @ rotation, turned, scale=np.ones(6))
    np.testing.assert_allclose(same, changes, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("penalty", [0.0, 1e-6, 1e6, 1e308])
@pytest.mark.parametrize("sides", [np.atleast_1d, np.diag], ids=["diagonals", "matrices"])
def test_where_there_is_no_curvature_the_reparametrization_is_still_finite(sides, penalty):
    network = Network(3, (), [], SigmoidOutput((4,)))
    for variance in (np.zeros(3), np.array([0.0, 1e-30, 1.0]), np.full(3, 1e-50)):
        for G in (np.zeros(4), np.full(4, 1e-30), np.array([0, 0, 0, 1.0])):
            for scale in ([1e-9, 1, 1e9], [1e-50, 1, 1e150]):
                factors = [Factors(np.ones(3), np.array(scale), sides(variance), sides(G))]
                each = penalties(network, penalty)
                T = as_matrix(KroneckerReparametrization(network, factors, each), 16)
                assert np.isfinite(T).all()
                assert (np.abs(T).max(axis=0) > 0).all()


def test_constant_features_take_no_part_in_the_weights_of_the_others():
    network, theta, rows = make(OUTPUTS[0])
    X = rows.X.copy()
    X[:, 2] = 5
    constant = Rows(X, rows.labels, rows.weight)
    T = as_matrix(reparametrization_at(network, theta, constant, 0.01), theta.size)
    assert np.isfinite(T).all()
    first = network.layers(np.arange(theta.size))[0].coef
    np.testing.assert_array_equal(T[np.ix_(first[2], np.delete(first, 2, axis=0).ravel())], 0)


def test_matrices_that_are_too_large_are_refused_only_where_they_were_asked_for():
    with pytest.raises(ValueError, match=r"at most 8192 dimensions.*\(8193, 5\).*'auto'"):
        Preconditioner.KRONECKER.check((LARGEST_DIMENSIONS + 1, 5))
    with pytest.raises(ValueError, match="preconditioner='kronecker'"):
        Preconditioner.KRONECKER.check((5, LARGEST_DIMENSIONS + 1, 2))
    Preconditioner.KRONECKER.check((LARGEST_DIMENSIONS, 5))
    for other in (Preconditioner.AUTO, Preconditioner.DIAGONAL):
        other.check((10**6, 5))
        assert other.largest_dimensions(10**9) < LARGEST_DIMENSIONS
    auto = Preconditioner.AUTO.largest_dimensions
    assert auto(10) == auto(100) < auto(1000) < auto(10_000) == auto(10**6)


@pytest.mark.parametrize("preconditioner", [each for each in PRECONDITIONERS.values() if each])
def test_only_the_diagonal_preconditioner_drops_the_rest_of_the_matrices(preconditioner):
    network = Network(3, (), [], SoftmaxOutput((2,)))
    full = [Factors(np.zeros(3), np.arange(1.0, 4.0), np.eye(3) + 1, np.eye(2) + 0.5)]
    diagonals = [each._replace(A=diagonal(each.A), G=diagonal(each.G)) for each in full]
    expected = diagonals if preconditioner is Preconditioner.DIAGONAL else full
    curvature = Curvature(full, np.ones(1))
    chosen = preconditioner.reparametrization(network, curvature, penalties(network, 1.0))
    vector = np.arange(1.0, 9.0)
    same = KroneckerReparametrization(network, expected, penalties(network, 1.0))
    np.testing.assert_array_equal(chosen.weights(vector), same.weights(vector))


@pytest.mark.parametrize("is_matrix", [True, False])
def test_wide_layers_are_transformed_piece_by_piece_to_the_same(is_matrix, monkeypatch):
    rng = np.random.default_rng(0)
    network = Network(301, (4,), [ACTIVATIONS["tanh"]], SoftmaxOutput((3,)))
    roots = [rng.normal(size=(2 * size, size)) for size in (301, 4, 3)]
    A, G, H = (root.T @ root / len(root) for root in roots)
    scales = [rng.uniform(0.1, 10, size) for size in (301, 4)]
    factors = [
        Factors(rng.normal(size=301), scales[0], A, G),
        Factors(rng.normal(size=4), scales[1], G, H),
    ]
    if not is_matrix:
        factors = [each._replace(A=diagonal(each.A), G=diagonal(each.G)) for each in factors]
    ones = penalties(network, 1.0)
    vector = rng.normal(size=network.n_parameters)
    pieces = KroneckerReparametrization(network, factors, ones)
    assert [layer for layer, _ in pieces._pieces] == [0, 0, 0, 0, 1]
    results = []
    for work in (0, 1e12):  # without threads, with threads
        with shard_map(work) as map_shards:
            each = KroneckerReparametrization(network, factors, ones, map_shards)
            results.append([each.weights(vector), each.gradient(vector)])
    np.testing.assert_array_equal(*results)
    monkeypatch.setattr(_reparametrization, "WHOLE_FEATURES", 301)
    whole = KroneckerReparametrization(network, factors, ones)
    np.testing.assert_allclose(pieces.weights(vector), whole.weights(vector), rtol=1e-11)
    np.testing.assert_allclose(pieces.gradient(vector), whole.gradient(vector), rtol=1e-11)


@pytest.mark.parametrize("largest", LARGEST)
def test_penalties_of_standardised_features_make_their_units_irrelevant(largest):
    network, theta, rows = make(OUTPUTS[0], hidden=())
    phi = np.random.default_rng(1).normal(size=theta.size)
    units = np.array([1, 1e-6, 1, 1, 5, 1000])
    changes = [
        logit_changes(network, rows, X, phi, penalty=0.3, largest=LARGEST[largest])
        for X in (rows.X, rows.X * units)
    ]
    np.testing.assert_allclose(*changes, rtol=1e-7, atol=1e-8)


def test_small_problems_with_centred_features_of_similar_scale_need_no_preconditioner():
    where = Preconditioner.where_it_pays
    mean, scale = np.array([0.0, 1.0, -2.0]), np.array([1.0, 2.0, 0.9])
    assert where(1e4, mean, scale) is None
    for unit in (1e-9, 1e9):
        assert where(1e4, unit * mean, unit * scale) is None
    assert where(1e9, mean, scale) is Preconditioner.AUTO
    assert where(1e4, mean, scale * [1, 100, 1]) is Preconditioner.AUTO
    assert where(1e4, np.array([0.0, 1.0, 50.0]), scale) is Preconditioner.AUTO
    assert where(1e4, np.array([0.0, 1.0, -50.0]), scale) is Preconditioner.AUTO

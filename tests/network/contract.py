"""Tests that every output and every hidden activation has to pass: subclass, and name it."""

from itertools import product

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler

from skneural._estimators.base import BaseMLPClassifier
from skneural._network.network import Network
from skneural._network.softmax import SoftmaxOutput

TARGETS = [(2,), (4,), (2, 2, 2), (3, 2, 4)]
SMOOTHED = [0.0, 0.3]
MISSING = -1


def sample(output, n=6, scale=3.0, seed=0):
    """Logits, codes and weights of random rows."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, output.coding.n_units)) * scale
    codes = np.column_stack([rng.integers(k, size=n) for k in output.coding.n_classes])
    return logits, codes, rng.uniform(0.5, 2, n)


def hessian(output, logits, codes, row_weight):
    """The Hessian of each row's loss with respect to its logits."""
    _, hessian_product = output.linearize(logits, codes, row_weight)
    units = np.eye(output.coding.n_units)
    return np.stack([hessian_product(np.tile(unit, (len(logits), 1))) for unit in units], axis=2)


def sums(output, logits, labels, row_weight):
    """All results that are summed over rows: of all rows, and of each row."""
    loss, gradient = output.loss_gradient(logits, labels, row_weight)
    same_gradient, hessian_product = output.linearize(logits, labels, row_weight)
    np.testing.assert_allclose(same_gradient, gradient, atol=1e-12)
    direction = np.ones_like(logits) * np.arange(logits.shape[1])
    weights = output.coding.weights(labels, row_weight)
    log_losses = weights * output.log_losses(logits, labels)
    of_rows = [gradient, hessian_product(direction), log_losses]
    return loss, np.column_stack([*of_rows, np.broadcast_to(weights, log_losses.shape)])


def observed(output, logits, labels, row_weight):
    """The observed outer product of each row."""
    roots = list(output.error_roots(logits, labels, row_weight))
    return np.einsum("iru,irv->ruv", roots, roots)


class OutputContract:
    """Tests of an output layer; a subclass has its class as `output_class`."""

    def make(self, n_classes, label_smoothing=0.3, first_weight=0.0):
        class_weight = [np.linspace(first_weight, 2.0, k) for k in n_classes]
        return self.output_class(
            n_classes, label_smoothing=label_smoothing, class_weight=class_weight
        )

    @pytest.mark.parametrize("label_smoothing", SMOOTHED)
    @pytest.mark.parametrize("n_classes", TARGETS)
    def test_gradient_is_the_derivative_of_the_loss(
        self, n_classes, label_smoothing, assert_is_gradient
    ):
        output = self.make(n_classes, label_smoothing)
        logits, codes, row_weight = sample(output)
        row_weight[0] = 0.0
        _, gradient = output.loss_gradient(logits, codes, row_weight)
        assert_is_gradient(
            lambda z: output.loss_gradient(z, codes, row_weight)[0], gradient, logits
        )
        np.testing.assert_array_equal(gradient[0], 0)

    @pytest.mark.parametrize("label_smoothing", SMOOTHED)
    @pytest.mark.parametrize("n_classes", TARGETS)
    def test_products_are_derivatives_of_the_gradient_and_symmetric(
        self, n_classes, label_smoothing
    ):
        output = self.make(n_classes, label_smoothing)
        logits, codes, row_weight = sample(output)
        direction, other = np.random.default_rng(1).normal(size=(2, *logits.shape))
        gradient, hessian_product = output.linearize(logits, codes, row_weight)
        ahead, behind = (
            output.loss_gradient(logits + step * direction, codes, row_weight)[1]
            for step in (1e-6, -1e-6)
        )
        product = hessian_product(direction)
        np.testing.assert_allclose(product, (ahead - behind) / 2e-6, rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(
            (other * product).sum(axis=1),
            (direction * hessian_product(other)).sum(axis=1),
            rtol=1e-9,
            atol=1e-12,
        )
        same = output.loss_gradient(logits, codes, row_weight)[1]
        np.testing.assert_allclose(gradient, same, rtol=1e-12, atol=1e-14)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("magnitude", [3.0, 1e4, 1e30])
    def test_everything_is_finite_and_has_the_dtype_of_the_logits(self, magnitude, dtype):
        output = self.make((3,), first_weight=1.0)
        z = np.array([[1, -1, -1], [-1, -1, -1], [1, 1, 1]], dtype=dtype) * dtype(magnitude)
        z = z[:, : output.coding.n_units]
        labels, weight = np.array([[1], [0], [2]]), np.ones(3)
        loss, gradient = output.loss_gradient(z, labels, weight)
        _, hessian_product = output.linearize(z, labels, weight)
        root = output.fisher_root(z, labels, weight, np.ones(output.n_roots))
        soft = np.full((3, 3), 1 / 3)
        arrays = [
            gradient,
            hessian_product(np.ones_like(z)),
            root,
            *output.error_roots(z, labels, weight),
            *output.error_roots(z, soft, weight),
            output.activations(z),
            output.log_probabilities(z),
            output.probabilities(z),
            output.decision_scores(z),
        ]
        assert np.isfinite(loss)
        for values in arrays:
            assert values.dtype == dtype
            assert np.isfinite(values).all()

    @pytest.mark.parametrize("n_classes", TARGETS)
    def test_probabilities_of_each_target_sum_to_one(self, n_classes):
        output = self.make(n_classes)
        logits = np.vstack([sample(output)[0], np.full((1, output.coding.n_units), -1e4)])
        probabilities = output.probabilities(logits)
        for column in output.coding.classes.split(probabilities):
            np.testing.assert_allclose(column.sum(axis=1), 1, rtol=1e-12)
        logarithms = output.log_probabilities(logits)
        np.testing.assert_allclose(probabilities, np.exp(logarithms), rtol=1e-12)

    def test_activations_sum_to_one_if_units_compete(self):
        output = self.make((3,))
        activations = output.activations(sample(output)[0])
        assert np.allclose(activations.sum(axis=1), 1) == output.competes

    @pytest.mark.parametrize("n_classes", TARGETS)
    def test_decisions_agree_with_probabilities_and_decision_scores(self, n_classes):
        output = self.make(n_classes)
        logits, _, _ = sample(output, n=50)
        logits[0] = 0  # may be a tie
        decided = output.decide(logits)
        columns = output.coding.classes.split(output.log_probabilities(logits))
        best = np.stack([column.argmax(axis=1) for column in columns], axis=1)
        np.testing.assert_array_equal(decided, best)
        scores = output.coding.split_scores(output.decision_scores(logits))
        for score, code in zip(scores, decided.T, strict=True):
            by_score = score > 0 if score.ndim == 1 else score.argmax(axis=1)
            np.testing.assert_array_equal(code, by_score)

    @pytest.mark.parametrize("n_classes", TARGETS)
    def test_log_losses_are_minus_the_log_probabilities_of_the_labels(self, n_classes):
        output = self.make(n_classes)
        logits, codes, _ = sample(output)
        losses = output.log_losses(logits, codes)
        assert losses.shape == codes.shape
        for j, column in enumerate(output.coding.classes.split(output.log_probabilities(logits))):
            np.testing.assert_array_equal(losses[:, j], -column[np.arange(len(codes)), codes[:, j]])

    @pytest.mark.parametrize("n_classes", TARGETS)
    def test_entropies_are_the_log_losses_that_the_probabilities_promise(self, n_classes):
        output = self.make(n_classes)
        logits, _, _ = sample(output)
        columns = output.coding.classes.split(output.probabilities(logits))
        expected = [-(p * np.log(p)).sum(axis=1) for p in columns]
        np.testing.assert_allclose(output.entropies(logits), np.stack(expected, axis=1))
        extreme = output.entropies(1e30 * logits)
        assert np.isfinite(extreme).all()
        assert (extreme >= 0).all()

    @pytest.mark.parametrize("n_classes", [(2,), (4,), (3, 2, 4)])
    def test_a_soft_label_is_the_row_with_each_class_weighted_by_its_probability(self, n_classes):
        output = self.make(n_classes)
        logits, _, row_weight = sample(output, n=1)
        rng = np.random.default_rng(1)
        shares = [rng.dirichlet(np.ones(k)) for k in n_classes]
        grids = np.meshgrid(*map(np.arange, n_classes), indexing="ij")
        codes = np.column_stack([grid.ravel() for grid in grids])  # every combination of classes
        weight = np.prod([q[code] for q, code in zip(shares, codes.T, strict=True)], axis=0)
        repeated = sums(output, np.repeat(logits, len(codes), axis=0), codes, row_weight * weight)
        once = sums(output, logits, np.hstack(shares)[None], row_weight)
        np.testing.assert_allclose(once[0], repeated[0], rtol=1e-12)
        np.testing.assert_allclose(once[1][0], repeated[1].sum(axis=0), rtol=1e-11, atol=1e-12)

    @pytest.mark.parametrize("n_classes", [(2,), (4,), (3, 2, 4)])
    def test_soft_labels_that_are_certain_are_codes(self, n_classes):
        output = self.make(n_classes)
        logits, codes, row_weight = sample(output)
        certain = np.hstack([np.eye(k)[c] for c, k in zip(codes.T, n_classes, strict=True)])
        hard, soft = (sums(output, logits, labels, row_weight) for labels in (codes, certain))
        np.testing.assert_allclose(hard[0], soft[0], rtol=1e-13)
        np.testing.assert_allclose(hard[1], soft[1], rtol=1e-13, atol=1e-14)

    @pytest.mark.parametrize("n_classes", TARGETS)
    def test_a_missing_label_changes_only_the_gradient_of_its_own_target(self, n_classes):
        output = self.make(n_classes)
        logits, codes, row_weight = sample(output, n=20)
        masked = codes.copy()
        masked[::3, 0] = MISSING
        masked[5] = MISSING
        _, gradient = output.loss_gradient(logits, codes, row_weight)
        _, changed = output.loss_gradient(logits, masked, row_weight)
        columns = zip(
            output.coding.units.split(gradient),
            output.coding.units.split(changed),
            (masked >= 0).T,
            strict=True,
        )
        for before, after, known in columns:
            np.testing.assert_array_equal(after[known], before[known])
            np.testing.assert_array_equal(after[~known], 0)

    @pytest.mark.parametrize("n_classes", TARGETS)
    def test_rows_without_any_label_do_not_count(self, n_classes):
        output = self.make(n_classes)
        data = sample(output, n=20)
        present = sums(output, *(part[::2] for part in data))
        products = observed(output, *(part[::2] for part in data))
        data[1][1::2] = MISSING
        masked = sums(output, *data)
        np.testing.assert_allclose(masked[0], present[0], rtol=1e-12)
        np.testing.assert_array_equal(masked[1][::2], present[1])
        np.testing.assert_array_equal(masked[1][1::2], 0)
        np.testing.assert_array_equal(observed(output, *data)[::2], products)
        assert not observed(output, *data)[1::2].any()
        assert not output.fisher_root(*data, np.ones(output.n_roots))[1::2].any()

    def test_class_weights_apply_to_the_loss_of_their_own_target(self):
        plain = self.output_class((2, 3))
        weighted = self.output_class((2, 3), class_weight=[np.array([1.0, 5.0]), np.ones(3)])
        logits, codes, weight = sample(plain)
        _, gradient = plain.loss_gradient(logits, codes, weight)
        _, changed = weighted.loss_gradient(logits, codes, weight)
        factor = np.where(codes[:, :1] == 1, 5.0, 1.0)
        first, others = plain.coding.units.split(gradient)
        np.testing.assert_allclose(
            weighted.coding.units.split(changed)[0], first * factor, rtol=1e-14
        )
        np.testing.assert_array_equal(weighted.coding.units.split(changed)[1], others)

    @pytest.mark.parametrize("n_classes", [(2,), (4,), (3, 2)])
    def test_probes_of_random_signs_have_the_fisher_matrix_for_their_mean_outer_product(
        self, n_classes
    ):
        output = self.make(n_classes)
        data = sample(output)
        roots = [output.fisher_root(*data, unit) for unit in np.eye(output.n_roots)]
        fisher = np.einsum("iru,irv->ruv", roots, roots)
        patterns = np.array(list(product([-1.0, 1.0], repeat=output.n_roots)))
        mixed = [output.fisher_root(*data, np.tile(signs, (len(data[0]), 1))) for signs in patterns]
        mean = np.einsum("iru,irv->ruv", mixed, mixed) / len(patterns)
        np.testing.assert_allclose(mean, fisher, rtol=1e-9, atol=1e-14)

    @pytest.mark.parametrize("label_smoothing", SMOOTHED)
    @pytest.mark.parametrize("n_classes", TARGETS)
    def test_observed_outer_products_are_those_of_gradients_with_squared_class_weights(
        self, n_classes, label_smoothing
    ):
        output = self.make(n_classes, label_smoothing)
        plain = self.output_class(n_classes, label_smoothing=label_smoothing)
        logits, codes, row_weight = sample(output)
        codes[0, -1] = MISSING
        row_weight[1] = 0.0
        _, gradient = plain.loss_gradient(logits, codes, np.ones(len(logits)))
        # Of the targets of a row, the class weights differ, but the errors are observed together.
        for unit, target in enumerate(output.coding.units.part):
            gradient[:, unit] *= np.linspace(0, 2, n_classes[target])[codes[:, target]]
        expected = row_weight[:, None, None] * gradient[:, :, None] * gradient[:, None, :]
        products = observed(output, logits, codes, row_weight)
        np.testing.assert_allclose(products, expected, rtol=1e-12, atol=1e-14)

    @pytest.mark.parametrize("n_classes", [(2,), (4,)])
    def test_a_soft_label_is_observed_as_the_row_with_each_class(self, n_classes):
        output = self.make(n_classes)
        logits, _, row_weight = sample(output)
        (k,) = n_classes
        shares = np.random.default_rng(1).dirichlet(np.ones(k), size=len(logits))
        products = sum(
            observed(output, logits, np.full((len(logits), 1), code), row_weight * shares[:, code])
            for code in range(k)
        )
        soft = observed(output, logits, shares, row_weight)
        np.testing.assert_allclose(soft, products, rtol=1e-12, atol=1e-14)
        assert len(list(output.error_roots(logits, shares, row_weight))) == k

    @pytest.mark.parametrize("n_classes", [(2,), (4,)])
    def test_labels_as_frequent_as_predicted_are_observed_as_expected(self, n_classes):
        output = self.output_class(n_classes)
        (k,) = n_classes
        logits = np.repeat(sample(output, n=1)[0], k, axis=0)
        p = np.exp(output.log_probabilities(logits[:1]))[0]
        codes = np.arange(k)[:, None]
        roots = [output.fisher_root(logits, codes, p, unit) for unit in np.eye(output.n_roots)]
        if output.competes or k == 2:  # else probabilities are those of classes, not of units
            fisher = np.einsum("iru,irv->uv", roots, roots)
            products = observed(output, logits, codes, p).sum(axis=0)
            np.testing.assert_allclose(products, fisher, rtol=1e-11, atol=1e-14)

    @pytest.mark.parametrize(
        "parameters",
        [{}, {"alpha": 1.0, "preconditioner": "kronecker"}, {"solver": "newton-cg", "alpha": 0.1}],
        ids=str,
    )
    def test_a_classifier_with_this_output_learns(self, parameters):
        make_output = self.output_class

        class Classifier(BaseMLPClassifier):
            def _make_output(self, n_classes, **loss_parameters):
                return make_output(n_classes, **loss_parameters)

        X, y = load_wine(return_X_y=True)
        X = StandardScaler().fit_transform(X)
        settings = {"tol": 1e-3, "max_iter": 1000, "random_state": 0} | parameters
        classifier = Classifier((5,), "tanh", **settings).fit(X, y)
        assert classifier.converged_
        assert classifier.score(X, y) > 0.97
        np.testing.assert_allclose(classifier.predict_proba(X).sum(axis=1), 1, rtol=1e-12)


class CanonicalContract(OutputContract):
    """Further tests of outputs with a canonical link."""

    @pytest.mark.parametrize("n_classes", TARGETS)
    def test_gradient_is_activation_minus_target(self, n_classes):
        output = self.output_class(n_classes)
        logits, codes, _ = sample(output)
        _, gradient = output.loss_gradient(logits, codes, np.ones(len(logits)))
        expected = output.activations(logits) - output.coding.targets(codes)
        np.testing.assert_allclose(gradient, expected, atol=1e-15)

    @pytest.mark.parametrize("label_smoothing", SMOOTHED)
    @pytest.mark.parametrize("n_classes", TARGETS)
    def test_the_fisher_matrix_is_the_hessian_which_is_convex(self, n_classes, label_smoothing):
        output = self.make(n_classes, label_smoothing)
        data = sample(output)
        roots = [output.fisher_root(*data, unit) for unit in np.eye(output.n_roots)]
        fisher = np.einsum("iru,irv->ruv", roots, roots)
        expected = hessian(output, *data)
        np.testing.assert_allclose(fisher, expected, rtol=1e-9, atol=1e-14)
        assert (np.linalg.eigvalsh(expected) > -1e-14).all()

    @pytest.mark.parametrize("n_classes", TARGETS)
    def test_the_degrees_are_the_rank_of_the_hessian(self, n_classes):
        output = self.output_class(n_classes)
        logits, codes, _ = sample(output, scale=1.0)
        matrices = hessian(output, logits, codes, np.ones(len(logits)))
        ranks = np.linalg.matrix_rank(matrices, tol=1e-10)
        np.testing.assert_array_equal(ranks, output.n_degrees)

    @pytest.mark.parametrize("label_smoothing", SMOOTHED)
    @pytest.mark.parametrize("n_classes", TARGETS)
    def test_observed_squares_are_those_of_activation_minus_target(
        self, n_classes, label_smoothing
    ):
        output = self.make(n_classes, label_smoothing, first_weight=0.5)
        logits, codes, row_weight = sample(output)
        errors = output.activations(logits) - output.coding.targets(codes)
        for unit, target in enumerate(output.coding.units.part):
            errors[:, unit] *= np.linspace(0.5, 2.0, n_classes[target])[codes[:, target]]
        products = observed(output, logits, codes, row_weight)
        squares = np.einsum("ruu->r", products)
        np.testing.assert_allclose(squares, row_weight * (errors**2).sum(axis=1), rtol=1e-12)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_curvature_vanishes_at_certainty(self, dtype):
        output = self.output_class((3,))
        z = np.array([[1e30, -1e30, -1e30]], dtype=dtype)[:, : output.coding.n_units]
        labels, weight = np.array([[1]]), np.ones(1)
        _, hessian_product = output.linearize(z, labels, weight)
        np.testing.assert_array_equal(hessian_product(np.ones_like(z)), 0)
        for unit in np.eye(output.n_roots):
            np.testing.assert_array_equal(output.fisher_root(z, labels, weight, unit), 0)


class ActivationContract:
    """Tests of a hidden activation; a subclass has it as `activation`."""

    def value(self, z):
        a = z.copy()
        self.activation.apply(a)
        return a

    def multiplied(self, multiply, z):
        """The result of a method that multiplies in place by a derivative, for ones."""
        kept, result = self.activation.apply(z.copy()), np.ones_like(z)
        multiply(kept, result)
        return result

    def slope(self, z):
        return self.activation.slope(self.activation.apply(z.copy()))

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_the_slope_is_written_where_it_is_wanted(self, dtype):
        z = np.random.default_rng(0).normal(size=(6, 4)).astype(dtype)
        out = np.full_like(z, np.nan)
        assert self.activation.slope(self.activation.apply(z.copy()), out) is out
        np.testing.assert_array_equal(out, self.slope(z))

    def test_slope_is_the_derivative_of_the_value(self):
        z = np.random.default_rng(0).normal(size=(6, 4)) * 3
        differences = (self.value(z + 1e-6) - self.value(z - 1e-6)) / 2e-6
        np.testing.assert_allclose(self.slope(z), differences, rtol=1e-8, atol=1e-9)

    def test_curvature_is_the_derivative_of_the_slope(self):
        z = np.random.default_rng(0).normal(size=(6, 4)) * 3
        if self.activation.smooth:
            differences = (self.slope(z + 1e-6) - self.slope(z - 1e-6)) / 2e-6
            curvature = self.multiplied(self.activation.multiply_curvature, z)
            np.testing.assert_allclose(curvature, differences, rtol=1e-8, atol=1e-9)
        else:
            with pytest.raises(NotImplementedError, match="has no second derivative"):
                self.multiplied(self.activation.multiply_curvature, z)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_everything_is_finite_at_any_magnitude_and_keeps_the_dtype(self, dtype):
        z = np.array([-1e30, -1e4, 0.0, 1e4, 1e30], dtype=dtype)
        results = [self.value(z), self.slope(z)]
        if self.activation.smooth:
            results.append(self.multiplied(self.activation.multiply_curvature, z))
        for result in results:
            assert result.dtype == dtype
            assert np.isfinite(result).all()

    def test_derivatives_multiply_what_is_there(self):
        z, delta = np.random.default_rng(0).normal(size=(2, 6, 4))
        result = delta.copy()
        self.activation.multiply_slope(self.activation.apply(z.copy()), result)
        np.testing.assert_allclose(result, delta * self.slope(z), rtol=1e-14)

    def test_a_network_with_this_activation_has_the_gradient_of_its_loss(self, assert_is_gradient):
        network, theta, data = self.network_and_data()
        gradient = np.empty_like(theta)
        layers = network.layers
        network.loss_gradient(layers(theta), *data, layers(gradient))
        unused = np.empty_like(theta)
        assert_is_gradient(
            lambda t: network.loss_gradient(layers(t), *data, layers(unused)), gradient, theta
        )

    def test_a_network_with_this_activation_has_products_that_are_derivatives(self):
        if not self.activation.smooth:
            return
        network, theta, data = self.network_and_data()
        layers = network.layers
        direction = np.random.default_rng(1).normal(size=theta.size)
        product, *shifted = (np.empty_like(theta) for _ in range(3))
        network.linearize(layers(theta), *data).product(layers(direction), layers(product))
        for step, gradient in zip((1e-5, -1e-5), shifted, strict=True):
            network.loss_gradient(layers(theta + step * direction), *data, layers(gradient))
        differences = (shifted[0] - shifted[1]) / 2e-5
        scale = np.abs(differences).max()
        np.testing.assert_allclose(product, differences, rtol=1e-6, atol=1e-8 * scale)

    def network_and_data(self):
        network = Network(5, (4, 3), [self.activation] * 2, SoftmaxOutput((3,)))
        rng = np.random.default_rng(0)
        theta = rng.normal(size=network.n_parameters)
        return network, theta, (rng.normal(size=(7, 5)), np.arange(7)[:, None] % 3, np.ones(7))

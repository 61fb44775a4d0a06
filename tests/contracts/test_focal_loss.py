"""A loss without a canonical link, added from outside: the focal loss.

T.-Y. Lin et al., "Focal loss for dense object detection", ICCV 2017, doi:10.1109/ICCV.2017.324.
"""

import numpy as np
import pytest

from skneural._network.output import Output
from skneural._network.softmax import SoftmaxOutput, log_softmax
from tests.network.contract import OutputContract, sample

GAMMA = 2


class FocalOutput(Output):
    """Softmax activations p with the loss ``-sum_k t_k (1 - p_k)^2 log p_k``.

    With ``f(p) = -(1 - p)^2 log p`` and ``h = t p f'(p)``, the gradient is ``h - p sum(h)``.
    """

    name = "focal"
    competes = True

    @staticmethod
    def _unit_classes(n_classes):
        return np.arange(n_classes)

    @staticmethod
    def _alternatives(n_classes):
        return n_classes

    def activations(self, logits):
        return np.exp(self.log_probabilities(logits))

    def log_probabilities(self, logits):
        return log_softmax(logits, self.coding.units)

    def _sums(self, values):
        return self.coding.units.sums(values)

    def _spread(self, values):
        return self.coding.units.spread(self._sums(values))

    def _losses_gradient(self, logits, targets):
        log_p = self.log_probabilities(logits)
        p = np.exp(log_p)
        losses = self._sums(-targets * (1 - p) ** 2 * log_p)
        h = targets * (1 - p) * (2 * p * log_p - (1 - p))
        return losses, h - p * self._spread(h)

    def _linearized(self, logits, targets):
        log_p = self.log_probabilities(logits)
        p = np.exp(log_p)
        h = targets * (1 - p) * (2 * p * log_p - (1 - p))
        # d(p f') / dp, times p
        bend = targets * p * (2 * (1 - 2 * p) * log_p + 4 * (1 - p))

        def product(direction):
            change = direction - self._spread(p * direction)  # of log p
            dh, dp = bend * change, p * change
            return dh - dp * self._spread(h) - p * self._spread(dh)

        return h - p * self._spread(h), product


class TestFocal(OutputContract):
    output_class = FocalOutput


def test_the_fisher_matrix_is_the_expected_outer_product_of_gradients():
    output = FocalOutput((3, 2))
    logits, codes, weight = sample(output)
    roots = [output.fisher_root(logits, codes, weight, unit) for unit in np.eye(output.n_roots)]
    fisher = np.einsum("iru,irv->ruv", roots, roots)
    expected = np.zeros_like(fisher)
    probabilities = output.coding.classes.split(np.exp(output.log_probabilities(logits)))
    for target, p in enumerate(probabilities):
        for code in range(p.shape[1]):
            labels = np.full_like(codes, -1)
            labels[:, target] = code
            _, g = output.loss_gradient(logits, labels, np.ones(len(logits)))
            share = weight * p[:, code]
            expected += share[:, None, None] * g[:, :, None] * g[:, None, :]
    np.testing.assert_allclose(fisher, expected, rtol=1e-10, atol=1e-14)


def test_certain_and_right_rows_count_less_than_in_the_cross_entropy():
    z, label, weight = np.array([[4.0, 0.0]]), np.array([[0]]), np.ones(1)
    focal, _ = FocalOutput((2,)).loss_gradient(z, label, weight)
    entropy, _ = SoftmaxOutput((2,)).loss_gradient(z, label, weight)
    p = np.exp(-entropy)
    assert focal == pytest.approx((1 - p) ** GAMMA * entropy)

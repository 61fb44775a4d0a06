"""An output whose units are not classes, added from outside: ordinal classes.

E. Frank and M. Hall, "A simple approach to ordinal classification", ECML 2001,
doi:10.1007/3-540-44795-4_13.
"""

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import StandardScaler

from skneural._estimators.base import BaseMLPClassifier
from skneural._network.coding import TargetCoding
from skneural._network.output import CanonicalOutput
from skneural.activations import sigmoid, softplus
from tests.network.contract import CanonicalContract


class CumulativeCoding(TargetCoding):
    """The unit of class c has the target 1 if the label is greater than c."""

    def _hard_shares(self, codes):
        return codes > self.unit_class

    def _soft_shares(self, shares):
        above = [
            np.cumsum(part[:, ::-1], axis=1)[:, ::-1][:, 1:] for part in self.classes.split(shares)
        ]
        return np.hstack(above)


class OrdinalOutput(CanonicalOutput):
    """K - 1 sigmoids for the events that the class is above 0, 1, ..., K - 2."""

    name = "ordinal"
    coding_class = CumulativeCoding

    @staticmethod
    def _unit_classes(n_classes):
        return np.arange(n_classes - 1)

    @staticmethod
    def _alternatives(n_classes):
        return 2

    def _losses_activations(self, logits, targets):
        losses = softplus(logits) - targets * logits
        return self.coding.units.sums(losses), sigmoid(logits)

    def _activation_changes(self, activations, direction):
        return activations * (1 - activations) * direction

    def _unit_roots(self, activations, probe):
        return probe * np.sqrt(activations * (1 - activations))

    def activations(self, logits):
        return sigmoid(logits)

    def log_probabilities(self, logits):
        """Differences of neighbouring activations, which are sorted first."""
        columns = []
        for z in self.coding.units.split(logits):
            above = np.sort(sigmoid(z), axis=1)[:, ::-1]
            ends = np.ones_like(z[:, :1]), np.zeros_like(z[:, :1])
            p = np.maximum(-np.diff(np.hstack([ends[0], above, ends[1]])), np.finfo(z.dtype).eps)
            columns.append(np.log(p / p.sum(axis=1, keepdims=True)))
        return np.hstack(columns)


class TestOrdinal(CanonicalContract):
    output_class = OrdinalOutput


class OrdinalMLPClassifier(BaseMLPClassifier):
    def _make_output(self, n_classes, **loss_parameters):
        return OrdinalOutput(n_classes, **loss_parameters)


def test_classes_in_an_order_are_learnt_with_one_unit_for_each_step():
    X, target = load_diabetes(return_X_y=True)
    y = np.digitize(target, np.quantile(target, [0.25, 0.5, 0.75]))
    X = StandardScaler().fit_transform(X)
    classifier = OrdinalMLPClassifier((), tol=1e-3, random_state=0).fit(X[::2], y[::2])
    assert classifier.converged_
    assert classifier.n_outputs_ == 3
    assert classifier.predict_activations(X).shape == (len(X), 3)
    assert np.abs(classifier.predict(X[1::2]) - y[1::2]).mean() < 0.75  # by chance 1.25
    assert classifier.out_activation_ == "ordinal"

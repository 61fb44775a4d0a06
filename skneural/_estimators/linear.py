"""Coefficients of classifiers without hidden layers, in the shapes of LogisticRegression."""

from collections.abc import Callable

from skneural._estimators.snapshot import on_snapshot
from skneural._inputs import Targets
from skneural._network import Output
from skneural._typing import FloatArray


class LinearAttributes:
    """Attributes that only a fitted classifier without hidden layers has."""

    coefs_: list[FloatArray]
    intercepts_: list[FloatArray]
    _fitted: Callable[[], tuple[Targets, Output]]

    @property
    @on_snapshot
    def coef_(self) -> FloatArray:
        """The coefficients of the decision scores, if there are no hidden layers.

        Returns
        -------
        ndarray of shape (1, n_features) or (n_scores, n_features)
            A row for two classes, else a row for each class or label, as in
            :class:`~sklearn.linear_model.LogisticRegression`.

        Raises
        ------
        AttributeError
            If the classifier is not fitted, has hidden layers, or has several outputs.
        """
        return self._linear_output("coef_").decision_scores(self.coefs_[0]).T

    @property
    @on_snapshot
    def intercept_(self) -> FloatArray:
        """The intercepts of the decision scores, if there are no hidden layers.

        Returns
        -------
        ndarray of shape (1,) or (n_scores,)
            An intercept for each row of `coef_`.

        Raises
        ------
        AttributeError
            If the classifier is not fitted, has hidden layers, or has several outputs.
        """
        scores = self._linear_output("intercept_").decision_scores(self.intercepts_[0][None])
        return scores.ravel()

    def _linear_output(self, name: str) -> Output:
        if len(vars(self).get("coefs_", ())) == 1:
            targets, output = self._fitted()
            if not targets.is_multioutput:
                return output
        raise AttributeError(
            f"{type(self).__name__} has {name} only if it is fitted with hidden_layer_sizes=(), "
            "to a single y or an indicator."
        )

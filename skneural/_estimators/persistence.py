"""What the estimators of this package share: a page, and what a saved model says of itself.

A saved model is the estimator's attributes. Beside them it holds the number of their format,
by which a version knows whether it understands them, and the version that saved it, for the
message if it does not. Neither is an attribute: both come and go with the saved state.
"""

from importlib.metadata import version
from typing import Any

from sklearn.base import BaseEstimator

__version__ = version("skneural")

DOCUMENTATION = "https://skneural.readthedocs.io/en/stable"

FORMAT = 1
"""Increased when older versions would misread a saved model; tests/estimators/data has each."""


class Estimator(BaseEstimator):
    """An estimator of this package: it has a page, and knows the versions that can load it."""

    # By these, scikit-learn links an estimator's HTML to its page.
    _doc_link_module = "skneural"
    _doc_link_template = f"{DOCUMENTATION}/generated/{{estimator_module}}.{{estimator_name}}.html"

    def __getstate__(self) -> dict[str, Any]:
        """The attributes, with the number of their format and the version of skneural."""
        saved = {"_skneural_format": FORMAT, "_skneural_version": __version__}
        return {**super().__getstate__(), **saved}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over the attributes.

        Raises
        ------
        ValueError
            If their format is newer than this version knows.
        """
        attributes = dict(state)
        saved_in = attributes.pop("_skneural_format", FORMAT)
        saved_by = attributes.pop("_skneural_version", __version__)
        if saved_in > FORMAT:
            raise ValueError(
                f"This {type(self).__name__} was saved by skneural {saved_by}, in format "
                f"{saved_in}; skneural {__version__}, which is running, knows formats up to "
                f"{FORMAT}. Load it with skneural {saved_by} or newer, or fit and save it again "
                f"with skneural {__version__}."
            )
        super().__setstate__(attributes)

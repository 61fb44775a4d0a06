"""Base class of the estimators: documentation link and versioned pickling.

A saved model consists of the estimator's attributes, the number of their format, and the version of
skneural that saved it. The format decides whether another version can load the model; if not, the
error message names the version that saved it. Format and version are stored only in the saved
state, not as attributes of the estimator.
"""

from importlib.metadata import version
from typing import Any

from sklearn.base import BaseEstimator

__version__ = version("skneural")

DOCUMENTATION = "https://skneural.readthedocs.io/en/stable"

FORMAT = 1
"""Increased when older versions would misread a saved model.

tests/estimators/data holds a model of each format.
"""


class Estimator(BaseEstimator):
    """Base class with a link to the documentation and versioned pickling."""

    # Scikit-learn uses these to link an estimator's HTML to its documentation.
    _doc_link_module = "skneural"
    _doc_link_template = f"{DOCUMENTATION}/generated/{{estimator_module}}.{{estimator_name}}.html"

    def __getstate__(self) -> dict[str, Any]:
        """The attributes, their format and the version of skneural."""
        saved = {"_skneural_format": FORMAT, "_skneural_version": __version__}
        return {**super().__getstate__(), **saved}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the attributes.

        Raises
        ------
        ValueError
            If their format is newer than this version can load.
        """
        attributes = dict(state)
        saved_in = attributes.pop("_skneural_format", FORMAT)
        saved_by = attributes.pop("_skneural_version", __version__)
        if saved_in > FORMAT:
            raise ValueError(
                f"This {type(self).__name__} was saved by skneural {saved_by}, in format "
                f"{saved_in}; skneural {__version__}, which is running, can load formats up to "
                f"{FORMAT}. Load it with skneural {saved_by} or newer, or fit and save it again "
                f"with skneural {__version__}."
            )
        super().__setstate__(attributes)

"""Base class of the estimators: documentation link and versioned pickling.

A saved model consists of the estimator's attributes, the number of their format, and the version of
skneural that saved it. The format decides whether another version can load the model; if not, the
error message names the version that saved it. Format and version are stored only in the saved
state, not as attributes of the estimator.
"""

from collections.abc import Sequence
from importlib.metadata import version
from inspect import signature
from typing import Any, ClassVar

from sklearn.base import BaseEstimator

__version__ = version("skneural")

DOCUMENTATION = "https://skneural.readthedocs.io/en/stable"

FORMAT = 1
"""Increased when older versions would misread a saved model.

tests/estimators/data holds a model of each format.
"""


class Estimator(BaseEstimator):
    """Base class with a link to the documentation and versioned pickling."""

    _fitted_names: ClassVar[Sequence[str]] = ()  # attributes that a fit sets, all of them or none

    # Scikit-learn uses these to link an estimator's HTML to its documentation.
    _doc_link_module = "skneural"
    _doc_link_template = f"{DOCUMENTATION}/generated/{{estimator_module}}.{{estimator_name}}.html"

    def __getstate__(self) -> dict[str, Any]:
        """The attributes, their format and the version of skneural."""
        saved = {"_skneural_format": FORMAT, "_skneural_version": __version__}
        return {**super().__getstate__(), **saved}

    def __setstate__(self, state: Any) -> None:
        """Restore the attributes, all of them or none.

        Raises
        ------
        ValueError
            If their format is newer than this version can load, or if any are missing.
        """
        attributes = dict(state) if isinstance(state, dict) else {}
        saved_in = attributes.pop("_skneural_format", None)
        saved_by = attributes.pop("_skneural_version", None)
        if isinstance(saved_in, int) and saved_in > FORMAT:
            raise ValueError(
                f"This {type(self).__name__} was saved by skneural {saved_by}, in format "
                f"{saved_in}; skneural {__version__}, which is running, can load formats up to "
                f"{FORMAT}. Load it with skneural {saved_by} or newer, or fit and save it again "
                f"with skneural {__version__}."
            )
        missing = self._missing_from(attributes)
        if missing or not isinstance(saved_in, int):
            raise ValueError(
                f"This {type(self).__name__} cannot be loaded: its saved state is incomplete. "
                f"Missing: {', '.join(missing) or 'its format'}. Get the file again from where it "
                "was saved, if you trust that."
            )
        super().__setstate__(attributes)

    def _missing_from(self, attributes: dict[str, Any]) -> list[str]:
        """Parameters, and attributes of a fitted estimator, that a saved state lacks."""
        expected = list(signature(type(self)).parameters)
        if any(name in attributes for name in self._fitted_names):
            expected += self._fitted_names
        return [name for name in expected if name not in attributes]

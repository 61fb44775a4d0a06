import copy
import pickle
from pathlib import Path

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import skneural
from skneural._estimators import persistence as _estimator

KINDS = ["binary", "multiclass", "multilabel-indicator", "multiclass-multioutput"]
METHODS = ["predict", "predict_proba", "predict_log_proba", "decision_function"]
SAVED = sorted((Path(__file__).parent / "data").glob("format*.joblib"))
COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "cloudpickle": lambda model: cloudpickle.loads(cloudpickle.dumps(model)),
}


def as_list(values):
    return values if isinstance(values, list) else [values]


def assert_same_predictions(a, b, X):
    for method in METHODS:
        parts = as_list(getattr(a, method)(X)), as_list(getattr(b, method)(X))
        for part_a, part_b in zip(*parts, strict=True):
            np.testing.assert_array_equal(part_a, part_b)
            assert part_a.dtype == part_b.dtype


@pytest.fixture(scope="module")
def fitted(iris, targets_of_each_kind):
    """A fitted estimator for every class and kind of target."""
    classes = (skneural.SoftmaxMLPClassifier, skneural.SigmoidMLPClassifier)
    return {
        (make, kind): make(4, tol=0.1, random_state=0).fit(iris[0], y)
        for make in classes
        for kind, y in targets_of_each_kind.items()
    }


# --- Files of this version and of those before -----------------------------------------------


def test_there_are_files_of_every_format_class_and_kind():
    names = {path.stem for path in SAVED}
    assert names == {
        f"format{number}_{output}_{kind}"
        for number in range(1, _estimator.FORMAT + 1)
        for output in ("softmax", "sigmoid")
        for kind in KINDS
    }


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_saved_models_predict_as_they_did(path):
    model = joblib.load(path)
    with np.load(path.with_suffix(".npz"), allow_pickle=False) as saved:
        expected = dict(saved)
    X = pd.DataFrame(expected.pop("X"), columns=model.feature_names_in_)
    for method in ("predict", "predict_proba", "decision_function"):
        for number, part in enumerate(as_list(getattr(model, method)(X))):
            was = expected.pop(f"{method}_{number}")
            assert (part.shape, part.dtype) == (was.shape, was.dtype)
            if method == "predict":
                np.testing.assert_array_equal(part, was)
            else:
                np.testing.assert_allclose(part, was, rtol=1e-10, atol=1e-12)
    assert not expected


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_saved_models_can_be_shown_saved_again_and_trained_on(path):
    model = joblib.load(path)
    with np.load(path.with_suffix(".npz"), allow_pickle=False) as saved:
        X, y = pd.DataFrame(saved["X"], columns=model.feature_names_in_), saved["predict_0"]
    assert set(model.get_params()) == set(type(model)().get_params())
    assert repr(model) in repr(clone(model))
    assert_same_predictions(COPIES["pickle"](model), model, X)
    n_iter = model.n_iter_
    model.set_params(warm_start=True, early_stopping=False).fit(X, y)
    assert model.converged_
    assert len(model.loss_curve_) == model.n_iter_ >= n_iter


# --- Copies of a model -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", COPIES)
def test_copies_have_the_same_attributes_and_predictions(classifier, kind, name, fitted, iris):
    model = fitted[classifier, kind]
    before, saved = dict(vars(model)), pickle.dumps(model)
    again = COPIES[name](model)
    assert_same_predictions(again, model, iris[0])
    assert list(vars(again)) == list(before)
    assert vars(model) == before  # the very same objects
    assert pickle.dumps(model) == saved
    assert not [name for name in before if "skneural" in name]


@pytest.mark.parametrize("kind", KINDS)
def test_clones_are_unfitted_and_fit_to_the_same_bits(
    classifier, kind, fitted, iris, targets_of_each_kind
):
    model = fitted[classifier, kind]
    again = clone(model)
    assert vars(again) == model.get_params()
    assert_same_predictions(again.fit(iris[0], targets_of_each_kind[kind]), model, iris[0])


def test_estimators_that_are_not_fitted_are_copied_too(classifier):
    for make_copy in COPIES.values():
        again = make_copy(classifier(7, alpha=2.0))
        assert vars(again) == vars(classifier(7, alpha=2.0))


@pytest.mark.parametrize("kind", KINDS)
def test_skops_asks_to_trust_the_class_alone(classifier, kind, fitted, iris):
    skops_io = pytest.importorskip("skops.io")
    model = fitted[classifier, kind]
    data = skops_io.dumps(model)
    untrusted = skops_io.get_untrusted_types(data=data)
    assert untrusted == [f"skneural._estimators.classifiers.{classifier.__name__}"]
    again = skops_io.loads(data, trusted=untrusted)
    assert_same_predictions(again, model, iris[0])
    assert set(vars(again)) == set(vars(model))


# --- Formats of later versions -----------------------------------------------------------------


def saved_by_a_later_version(save, model, monkeypatch):
    with monkeypatch.context() as later:
        later.setattr(_estimator, "FORMAT", _estimator.FORMAT + 1)
        later.setattr(_estimator, "__version__", "7.1.0")
        return save(model)


@pytest.mark.parametrize("library", ["pickle", "cloudpickle", "skops.io"])
def test_a_newer_format_is_an_error_that_names_the_versions(
    classifier, library, fitted, monkeypatch
):
    module = pytest.importorskip(library)
    data = saved_by_a_later_version(module.dumps, fitted[classifier, "binary"], monkeypatch)
    trusted = {"trusted": module.get_untrusted_types(data=data)} if library == "skops.io" else {}
    with pytest.raises(ValueError, match="saved by skneural") as caught:
        module.loads(data, **trusted)
    number = _estimator.FORMAT
    assert str(caught.value) == (
        f"This {classifier.__name__} was saved by skneural 7.1.0, in format {number + 1}; "
        f"skneural {skneural.__version__}, which is running, can load formats up to {number}. Load "
        "it with skneural 7.1.0 or newer, or fit and save it again with skneural "
        f"{skneural.__version__}."
    )


def test_another_version_with_the_same_format_is_no_error(classifier, fitted, iris, monkeypatch):
    model = fitted[classifier, "multiclass"]
    monkeypatch.setattr(_estimator, "__version__", "7.1.0")
    data = pickle.dumps(model)
    monkeypatch.undo()
    assert b"7.1.0" in data
    assert_same_predictions(pickle.loads(data), model, iris[0])


def test_the_state_that_is_taken_over_stays_as_it_was(classifier, fitted):
    state = fitted[classifier, "binary"].__getstate__()
    before = dict(state)
    classifier().__setstate__(state)
    assert state == before


# --- States that are incomplete or come from elsewhere -------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_that_lacks_an_attribute_is_an_error_and_nothing_is_loaded(
    classifier, kind, fitted
):
    state = fitted[classifier, kind].__getstate__()
    # While a fit runs, a model has these before it has the others.
    first = {"feature_names_in_", "n_features_in_"}
    for name in state.keys() - first - {"_skneural_version", "_skneural_format"}:
        model = classifier(7)
        before = dict(vars(model))
        with pytest.raises(ValueError, match=rf"is incomplete\. Missing: {name}"):
            model.__setstate__({key: value for key, value in state.items() if key != name})
        assert vars(model) == before


@pytest.mark.parametrize(
    "state", [None, [], "alpha", {}, {"alpha": 1.0}, {"_skneural_format": "1"}]
)
def test_a_state_of_something_else_is_an_error(classifier, state):
    model = classifier(7)
    with pytest.raises(ValueError, match="saved state is incomplete"):
        model.__setstate__(state)
    assert model.hidden_layer_sizes == 7


def test_tuned_thresholds_are_loaded_whole_or_not_at_all(iris, targets_of_each_kind):
    model = skneural.TunedThresholdsClassifierCV(skneural.SigmoidMLPClassifier((), alpha=1.0))
    model.fit(iris[0], targets_of_each_kind["multilabel-indicator"])
    np.testing.assert_array_equal(COPIES["pickle"](model).predict(iris[0]), model.predict(iris[0]))
    state = model.__getstate__()
    del state["thresholds_"]
    with pytest.raises(ValueError, match=r"is incomplete\. Missing: thresholds_"):
        clone(model).__setstate__(state)


@pytest.mark.parametrize("library", ["pickle", "cloudpickle", "skops.io"])
def test_a_file_that_is_cut_short_anywhere_is_an_error(classifier, library, fitted):
    module = pytest.importorskip(library)
    data = module.dumps(fitted[classifier, "binary"])
    trusted = {"trusted": module.get_untrusted_types(data=data)} if library == "skops.io" else {}
    for length in np.linspace(0, len(data) - 1, 50).astype(int):
        with pytest.raises(Exception, match=r"."):  # of the library, of whatever type
            module.loads(data[:length], **trusted)


def test_skops_runs_nothing_that_is_not_trusted(classifier, fitted, tmp_path):
    skops_io = pytest.importorskip("skops.io")
    model = copy.copy(fitted[classifier, "binary"])
    model.class_weight = Hostile(tmp_path / "run")
    data = skops_io.dumps(model)
    own = [f"skneural._estimators.classifiers.{classifier.__name__}"]
    with pytest.raises(skops_io.exceptions.UntrustedTypesFoundException, match="Hostile"):
        skops_io.loads(data, trusted=own)
    assert not (tmp_path / "run").exists()


class Hostile:
    """Does something when it is loaded, as a pickle may."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_pickle_runs_what_is_in_it_before_the_model_is_checked(classifier, fitted, tmp_path):
    """The reason for the warning in SECURITY.md; no check of ours can come first."""
    model = copy.copy(fitted[classifier, "binary"])
    model.class_weight = Hostile(tmp_path / "run")
    pickle.loads(pickle.dumps(model))
    assert (tmp_path / "run").exists()

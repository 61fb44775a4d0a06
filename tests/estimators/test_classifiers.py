"""The two classes as scikit-learn's own estimators: conformance, tags, documentation."""

import inspect
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr, get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

import skneural
from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._estimators.persistence import DOCUMENTATION

SETTINGS = [
    {},
    {"hidden_layer_sizes": ()},
    {"hidden_layer_sizes": (20, 10)},
    # A few steps of Newton-CG would do for the contract, but some checks ask for good scores.
    {"solver": "newton-cg", "hidden_layer_sizes": (10,), "activation": "silu", "max_iter": 50},
    {"early_stopping": True, "hidden_layer_sizes": (20,)},
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::UserWarning:sklearn")
@parametrize_with_checks(
    [
        make(**settings)
        for make in (SoftmaxMLPClassifier, SigmoidMLPClassifier)
        for settings in SETTINGS
    ]
)
def test_conformance(estimator, check):
    check(estimator)


def test_tags_tell_the_truth(classifier):
    tags = get_tags(classifier())
    assert tags.estimator_type == "classifier"
    assert tags.input_tags.sparse
    assert not tags.input_tags.allow_nan
    assert tags.target_tags.required
    assert tags.target_tags.multi_output
    assert tags.target_tags.single_output
    assert tags.classifier_tags.multi_class
    assert tags.classifier_tags.multi_label
    assert tags.transformer_tags.preserves_dtype == ["float64", "float32"]
    assert not tags.non_deterministic


def test_the_two_differ_in_the_threshold_only():
    softmax = inspect.signature(SoftmaxMLPClassifier).parameters
    sigmoid = inspect.signature(SigmoidMLPClassifier).parameters
    assert list(sigmoid) == [*softmax, "threshold"]
    assert all(sigmoid[name] == softmax[name] for name in softmax)


def test_every_parameter_and_attribute_is_documented(classifier, iris):
    documentation = inspect.getdoc(classifier)
    model = classifier(3, tol=1.0).fit(*iris)
    attributes = [name for name in vars(model) if name.endswith("_") and name[0] != "_"]
    for name in [*inspect.signature(classifier).parameters, *attributes]:
        assert f"\n{name} : " in documentation


def test_version_is_that_of_the_metadata():
    assert skneural.__version__.count(".") == 2


def test_real_digits_are_classified(classifier, digits):
    X, y = digits
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    model = classifier(random_state=0, tol=1e-3).fit(X_train, y_train)
    assert model.converged_
    assert model.score(X_test, y_test) > 0.96


def test_warnings_point_to_the_caller(classifier, iris):
    X, y = iris
    with pytest.warns(ConvergenceWarning) as caught:
        classifier(3, max_iter=1, tol=0.0).fit(X, y)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=r"pass y\.argmax\(axis=1\) instead") as caught:
        SoftmaxMLPClassifier(3, tol=1.0).fit(X, np.eye(3, dtype=int)[y])
    assert caught[0].filename == __file__


def wrap(estimator, where):
    if where == "alone":
        return estimator
    pipeline = make_pipeline(StandardScaler(), estimator)
    if where == "in a pipeline":
        return pipeline
    return GridSearchCV(pipeline, {f"{pipeline.steps[-1][0]}__alpha": [1.0]}, cv=2)


@pytest.mark.parametrize("where", ["alone", "in a pipeline", "in a search"])
@pytest.mark.parametrize("is_fitted", [False, True])
def test_html_links_to_the_documentation(classifier, where, is_fitted, iris):
    model = wrap(classifier(3, tol=1.0), where)
    if is_fitted:
        model.fit(*iris)
    page = (
        f"https://skneural.readthedocs.io/en/stable/generated/skneural.{classifier.__name__}.html"
    )
    for html in (estimator_html_repr(model), model._repr_html_()):
        assert f'href="{page}"' in html
        links = set(re.findall(r'href="([^"]*skneural[^"]*)"', html)) - {page}
        assert all(link.startswith(f"{page}#:~:text=") for link in links)
        names = {re.search("text=(.*?),", link)[1] for link in links}
        # Newer versions of scikit-learn link each parameter and attribute too, older ones none.
        assert not names or names >= set(inspect.signature(classifier).parameters)


def test_html_of_a_subclass_elsewhere_does_not_link_to_a_page_that_is_not_there():
    mine = type("Mine", (SoftmaxMLPClassifier,), {"__module__": "elsewhere", "__doc__": "Mine."})
    assert "Mine" in estimator_html_repr(mine())
    assert DOCUMENTATION not in estimator_html_repr(mine())


def test_the_project_names_the_same_documentation():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["urls"]["Documentation"] == f"{DOCUMENTATION}/"


def test_repr_shows_what_was_changed_unless_all_is_asked_for(classifier, iris):
    name = classifier.__name__
    model = classifier(alpha=1.0)
    assert repr(model) == f"{name}(alpha=1.0)"
    assert repr(classifier((5, 3), ["tanh", "relu"])) == (
        f"{name}(activation=['tanh', 'relu'], hidden_layer_sizes=(5, 3))"
    )
    assert repr(classifier(tol=1.0).fit(*iris)) == f"{name}(tol=1.0)"
    with config_context(print_changed_only=False):
        shown = re.findall(r"(\w+)=", repr(model))
    assert shown == sorted(inspect.signature(classifier).parameters)

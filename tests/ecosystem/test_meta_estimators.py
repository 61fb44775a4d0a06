"""Both classifiers inside scikit-learn's estimators that are made of estimators."""

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.metrics import confusion_matrix, f1_score, log_loss, make_scorer
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.tree import DecisionTreeClassifier

from skneural import SigmoidMLPClassifier

AGE = tuple(map(int, sklearn.__version__.split(".")[:2]))
CALIBRATIONS = ["sigmoid", "isotonic", *(["temperature"] if AGE >= (1, 8) else [])]


def halves(data):
    """Rows to train on and rows to test on, in turn."""
    X, y = data
    return X[::2], X[1::2], y[::2], y[1::2]


@pytest.fixture
def noisy_digits(digits):
    """Digits of which a fifth have been labelled by chance."""
    X, y = digits
    rng = np.random.default_rng(0)
    return X, np.where(rng.uniform(size=len(y)) < 0.2, rng.integers(0, 10, len(y)), y)


# --- Probabilities and thresholds ----------------------------------------------------------


@pytest.fixture
def noisy_parity(noisy_digits):
    """Whether the digit is odd, with labels to train on and to test on that are as noisy."""
    X, y = noisy_digits
    return halves((X, y % 2))


def losses_before_and_after(calibration, network, X_train, X_test, y_train, y_test):
    models = network, CalibratedClassifierCV(network, method=calibration, cv=5)
    return [log_loss(y_test, m.fit(X_train, y_train).predict_proba(X_test)) for m in models]


@pytest.mark.parametrize("method", CALIBRATIONS)
def test_calibration_mends_a_network_that_is_too_sure(network, method, noisy_parity):
    before, after = losses_before_and_after(method, network, *noisy_parity)
    assert after < 0.7 * before


@pytest.mark.parametrize("method", CALIBRATIONS)
def test_calibration_keeps_what_is_calibrated(network, method, noisy_parity):
    network.set_params(tol=1e-2)  # stopped before it has learnt the noise
    before, after = losses_before_and_after(method, network, *noisy_parity)
    assert after < before + 0.01


def test_a_tuned_threshold_lowers_the_cost_of_missed_tumours(network, cancer):
    X_train, X_test, y_train, y_test = halves(cancer)
    y_train, y_test = 1 - y_train, 1 - y_test  # 1 is malignant

    def gain(y_true, y_pred):
        _, false_alarms, missed, _ = confusion_matrix(y_true, y_pred).ravel()
        return -(false_alarms + 20 * missed)

    plain = clone(network).fit(X_train, y_train)
    tuned = TunedThresholdClassifierCV(network, scoring=make_scorer(gain), cv=3)
    tuned.fit(X_train, y_train)
    assert 0 < tuned.best_threshold_ < 0.5
    assert gain(y_test, tuned.predict(X_test)) > gain(y_test, plain.predict(X_test))


@pytest.mark.parametrize(
    ("method", "threshold"), [("predict_proba", 0.9), ("decision_function", 1)]
)
def test_a_fixed_threshold_cuts_probabilities_or_logits(network, method, threshold, cancer):
    X, y = cancer
    fixed = FixedThresholdClassifier(network, threshold=threshold, response_method=method)
    fixed.fit(X, y)
    scores = getattr(fixed.estimator_, method)(X)
    scores = scores[:, 1] if scores.ndim == 2 else scores
    np.testing.assert_array_equal(fixed.predict(X), scores >= threshold)
    assert fixed.predict(X).sum() < fixed.estimator_.predict(X).sum()
    if isinstance(network, SigmoidMLPClassifier) and method == "predict_proba":
        own = network.set_params(threshold=threshold).fit(X, y)
        np.testing.assert_array_equal(fixed.predict(X), own.predict(X))


# --- Ensembles -----------------------------------------------------------------------------


def test_stacking_lifts_weaker_partners_and_loses_nothing(network, digits):
    X_train, X_test, y_train, y_test = halves(digits)
    members = [("network", network), ("tree", DecisionTreeClassifier(max_depth=6, random_state=0))]
    final = clone(network).set_params(hidden_layer_sizes=())
    stack = StackingClassifier(members, final, cv=3).fit(X_train, y_train)
    scores = {name: m.score(X_test, y_test) for name, m in stack.named_estimators_.items()}
    assert stack.transform(X_test).shape == (len(y_test), 20)
    assert stack.score(X_test, y_test) > scores["tree"] + 0.1
    assert stack.score(X_test, y_test) > scores["network"] - 0.01


def test_stacking_takes_probabilities_of_several_labels(network, yeast):
    X_train, X_test, Y_train, Y_test = halves(yeast)
    network.set_params(hidden_layer_sizes=(), alpha=30.0)
    members = [("network", network), ("tree", DecisionTreeClassifier(max_depth=3, random_state=0))]
    stack = StackingClassifier(members, clone(network), cv=3).fit(X_train, Y_train)
    tree = clone(members[1][1]).fit(X_train, Y_train)
    scores = [f1_score(Y_test, m.predict(X_test), average="micro") for m in (tree, stack)]
    assert stack.transform(X_test).shape == (len(X_test), 28)
    assert scores[1] > scores[0]


def test_a_soft_vote_is_the_mean_of_the_probabilities(network, digits):
    X_train, X_test, y_train, y_test = halves(digits)
    other = clone(network).set_params(random_state=1)
    vote = VotingClassifier(
        [("one", network), ("two", other), ("bayes", GaussianNB())],
        voting="soft",
        weights=[2, 2, 1],
    ).fit(X_train, y_train)
    p, q, r = (member.predict_proba(X_test) for member in vote.estimators_)
    np.testing.assert_allclose(vote.predict_proba(X_test), (2 * p + 2 * q + r) / 5)
    assert vote.score(X_test, y_test) > vote.named_estimators_["bayes"].score(X_test, y_test)


def test_bagging_makes_noisy_networks_better(network, noisy_digits):
    X_train, X_test, y_train, y_test = halves(noisy_digits)
    network.set_params(tol=1e-2)
    bag = BaggingClassifier(network, 10, max_samples=0.5, random_state=0).fit(X_train, y_train)
    members = np.array([member.predict_proba(X_test) for member in bag.estimators_])
    np.testing.assert_allclose(bag.predict_proba(X_test), members.mean(axis=0))
    alone = [log_loss(y_test, p) for p in members]
    assert len(set(alone)) == 10
    assert log_loss(y_test, bag.predict_proba(X_test)) < min(alone)


def test_boosting_weights_the_rows_that_a_weak_network_gets_wrong(network, digits):
    X_train, X_test, y_train, y_test = halves(digits)
    # The weights of boosting sum to 1, and a penalty is as strong as the weights are small.
    weak = network.set_params(hidden_layer_sizes=(2,), alpha=1 / len(y_train), tol=1e-2)
    boosted = AdaBoostClassifier(weak, n_estimators=10, random_state=0).fit(X_train, y_train)
    first, *_, last = boosted.staged_score(X_test, y_test)
    assert len(boosted.estimators_) == 10
    assert last > first + 0.2


def test_boosting_works_with_penalties_found_from_the_data(network, digits):
    X_train, X_test, y_train, y_test = halves(digits)
    boosted = AdaBoostClassifier(network.set_params(alpha="auto"), n_estimators=3, random_state=0)
    assert boosted.fit(X_train, y_train).score(X_test, y_test) > 0.9


@pytest.fixture(scope="module")
def exclusive_or():
    """Rows of few kinds: five bits, and whether the first two differ, with a tenth of errors."""
    rng = np.random.default_rng(0)
    X = rng.integers(2, size=(3000, 5)).astype(float)
    return X, (X[:, 0] != X[:, 1]) ^ (rng.uniform(size=3000) < 0.1)


@pytest.mark.parametrize("class_weight", [None, {False: 1, True: 4}])
def test_weights_that_are_shares_give_the_penalty_of_counts(classifier, class_weight, exclusive_or):
    X, y = exclusive_or
    network = classifier((20,), class_weight=class_weight, random_state=0)
    counted = clone(network).fit(X, y)
    shared = network.fit(X, y, np.full(len(y), 1 / len(y)))
    np.testing.assert_allclose(shared.alpha_ * len(y), counted.alpha_, rtol=0.3)
    np.testing.assert_allclose(shared.predict_proba(X), counted.predict_proba(X), atol=0.05)
    np.testing.assert_array_equal(shared.predict(X), X[:, 0] != X[:, 1])


# Later networks learn nothing, as boosting has removed what the first found.
@pytest.mark.filterwarnings("ignore:No structure was found", "ignore:The fit learned nothing")
@pytest.mark.parametrize("class_weight", [None, {False: 1, True: 4}])
def test_boosting_of_few_different_rows_finds_both_classes(classifier, class_weight, exclusive_or):
    X, y = exclusive_or
    network = classifier((20,), class_weight=class_weight, random_state=0)
    boosted = AdaBoostClassifier(network, n_estimators=4, random_state=0).fit(X, y)
    np.testing.assert_array_equal(boosted.predict(X), X[:, 0] != X[:, 1])


# --- Several networks for several classes --------------------------------------------------


def test_one_vs_rest_networks_are_the_units_of_a_sigmoid(network, digits):
    X_train, X_test, y_train, y_test = halves(digits)
    network.set_params(hidden_layer_sizes=(), alpha=3.0, tol=1e-6)
    several = OneVsRestClassifier(network).fit(X_train, y_train)
    assert len(several.estimators_) == 10
    assert several.score(X_test, y_test) > 0.94
    if isinstance(network, SigmoidMLPClassifier):
        one = clone(network).fit(X_train, y_train)
        np.testing.assert_allclose(
            several.predict_proba(X_test), one.predict_proba(X_test), atol=1e-3
        )


@pytest.mark.parametrize("wrapper", [OneVsRestClassifier, MultiOutputClassifier])
def test_a_network_per_label_without_hidden_layers_is_one_network(network, wrapper, yeast):
    X_train, X_test, Y_train, _ = halves(yeast)
    network.set_params(hidden_layer_sizes=(), alpha=10.0, tol=1e-6)
    one = clone(network).fit(X_train, Y_train)
    several = wrapper(network).fit(X_train, Y_train)
    probabilities = several.predict_proba(X_test)
    if wrapper is MultiOutputClassifier:
        probabilities = np.column_stack([p[:, 1] for p in probabilities])
    np.testing.assert_allclose(probabilities, one.predict_proba(X_test), atol=1e-3)
    assert (several.predict(X_test) == one.predict(X_test)).mean() > 0.999


def test_one_vs_one_has_a_network_per_pair_of_classes(network, wine):
    X_train, X_test, y_train, y_test = halves(wine)
    pairs = OneVsOneClassifier(network).fit(X_train, y_train)
    assert len(pairs.estimators_) == 3
    assert pairs.score(X_test, y_test) > 0.95
    zero_or_one = pairs.estimators_[0].predict(X_test[y_test < 2])
    assert (zero_or_one == y_test[y_test < 2]).mean() > 0.95


def test_output_codes_are_read_by_networks(network, digits):
    X_train, X_test, y_train, y_test = halves(digits)
    codes = OutputCodeClassifier(network, code_size=2, random_state=0).fit(X_train, y_train)
    assert len(codes.estimators_) == 20
    assert codes.score(X_test, y_test) > 0.93


def test_a_chain_gets_more_rows_right_than_labels_by_themselves(network, yeast):
    X_train, X_test, Y_train, Y_test = halves(yeast)
    network.set_params(hidden_layer_sizes=(), alpha=30.0)
    alone = MultiOutputClassifier(network).fit(X_train, Y_train)
    chain = ClassifierChain(network).fit(X_train, Y_train)
    rows_right = [(m.predict(X_test) == Y_test).all(axis=1).mean() for m in (alone, chain)]
    assert [m.n_features_in_ for m in chain.estimators_] == list(range(103, 117))
    assert rows_right[1] > rows_right[0] + 0.02


def test_self_training_learns_from_rows_without_labels(network, digits):
    X_train, X_test, y_train, y_test = halves(digits)
    labelled = np.random.default_rng(0).uniform(size=len(y_train)) < 0.2
    hidden = np.where(labelled, y_train, -1)
    taught = SelfTrainingClassifier(network, threshold=0.9).fit(X_train, hidden)
    assert taught.classes_.tolist() == list(range(10))
    added = ~labelled & (taught.transduction_ != -1)
    assert added.sum() > 3 * labelled.sum()
    assert (taught.transduction_ == y_train)[added].mean() > 0.9
    assert taught.score(X_test, y_test) > 0.85

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from skneural._inputs.targets import encode_targets


def test_every_kind_of_target_is_decoded_to_what_was_encoded(targets_of_each_kind):
    for kind, y in targets_of_each_kind.items():
        targets, codes = encode_targets(y)
        assert targets.kind == kind
        assert codes.shape == (len(y), len(targets.n_classes))
        decoded = targets.decode(codes)
        np.testing.assert_array_equal(decoded, y)
        assert np.asarray(decoded).dtype.kind == np.asarray(y).dtype.kind


@pytest.mark.parametrize(
    "y",
    [
        np.array([3, 1, 2, 1]),
        np.array([3.0, 1.0, 2.0, 1.0]),
        np.array([True, False, True, False]),
        np.array(["b", "a", "c", "a"]),
        np.array(["b", "a", "c", "a"], dtype=object),
    ],
)
def test_labels_may_be_numbers_booleans_or_strings(y):
    targets, codes = encode_targets(y)
    np.testing.assert_array_equal(targets.classes, np.unique(y))
    np.testing.assert_array_equal(targets.decode(codes), y)


def test_a_sparse_indicator_stays_sparse():
    Y = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 1]])
    targets, codes = encode_targets(sp.csr_array(Y))
    assert targets.is_multilabel
    assert sp.issparse(codes)
    np.testing.assert_array_equal(codes.toarray(), Y)


def test_duplicate_entries_of_a_sparse_indicator_add_up():
    duplicated = np.repeat([0, 2, 1, 2], 2), np.array([0, 4, 6, 8])
    Y = sp.csr_array((np.ones(8, dtype=bool), *duplicated), shape=(3, 3))
    _, codes = encode_targets(Y)
    np.testing.assert_array_equal(codes.toarray(), [[1, 0, 1], [0, 1, 0], [0, 0, 1]])
    assert Y.nnz == 8  # what was given stays as it was
    with pytest.raises(ValueError, match="sparse y must be a multilabel indicator"):
        encode_targets(sp.csr_array((np.ones(8, dtype=int), *duplicated), shape=(3, 3)))


def test_two_columns_of_other_numbers_are_classes_and_no_indicator():
    Y = np.array([[1, 2], [2, 2], [1, 1]])
    targets, codes = encode_targets(Y)
    assert targets.is_multioutput
    np.testing.assert_array_equal(targets.decode(codes), Y)
    with pytest.raises(ValueError, match="sparse y must be a multilabel indicator"):
        encode_targets(sp.csr_array(Y))


def test_many_classes_fit_their_codes():
    y = np.arange(300).repeat(3)
    targets, codes = encode_targets(y)
    np.testing.assert_array_equal(targets.decode(codes), y)


def test_one_class_is_an_error_but_a_constant_column_is_not():
    with pytest.raises(ValueError, match="only one class, 'a'"):
        encode_targets(np.array(["a", "a"]))
    targets, _ = encode_targets(np.array([[0, 1], [0, 2], [0, 3]]))
    assert targets.n_classes == [1, 3]
    targets, _ = encode_targets(np.array([[0, 1], [0, 0], [0, 1]]))
    assert targets.n_classes == [2, 2]


@pytest.mark.parametrize("y", [[0.5, 1.5], [[0.5, 1.0], [1.0, 2.0]], [object(), object()]])
def test_continuous_and_unknown_targets_are_errors(y):
    with pytest.raises(ValueError, match=r"[Uu]nknown label type"):
        encode_targets(np.asarray(y))


def test_matching_needs_the_same_kind_and_classes(targets_of_each_kind):
    encoded = {kind: encode_targets(y)[0] for kind, y in targets_of_each_kind.items()}
    for kind, targets in encoded.items():
        for other, others in encoded.items():
            assert targets.matches(others) == (kind == other)
    assert not encode_targets(np.array([0, 1]))[0].matches(encode_targets(np.array([0, 2]))[0])


@pytest.mark.parametrize(
    "convert",
    [list, tuple, lambda y: np.array(y, dtype=object), lambda y: pd.Series(y)],
    ids=["list", "tuple", "object array", "series"],
)
@pytest.mark.parametrize(
    "y", [[["a"], ["a", "b"], []], [("a",), ("b", "c"), ("d",)], [{"a"}, {"b"}, {"c"}]], ids=str
)
def test_lists_of_labels_are_pointed_to_the_binarizer(classifier, y, convert):
    with pytest.raises(ValueError, match=r"y has a list of labels.*MultiLabelBinarizer"):
        classifier().fit(np.eye(3), convert(y))


def test_lists_of_one_length_are_columns(classifier):
    model = classifier((), alpha=1.0, tol=1.0).fit(np.eye(3), [["a", "x"], ["b", "x"], ["a", "y"]])
    assert len(model.classes_) == 2

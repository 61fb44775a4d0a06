"""Positions of units and of columns of class space."""

import numpy as np
import pytest

from skneural._network.layout import target_layout
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput

SIZES = [(2,), (4,), (2, 2, 2), (3, 3), (2, 3, 2, 2, 4, 3), (3, 2, 2), (2, 2, 3)]


@pytest.mark.parametrize("n_classes", SIZES)
@pytest.mark.parametrize("output", [SoftmaxOutput, SigmoidOutput])
def test_every_position_belongs_to_the_group_of_its_target(output, n_classes):
    layout = target_layout(n_classes, output._unit_classes)
    n_units = [len(output._unit_classes(k)) for k in n_classes]
    assert list(layout.units.sizes) == n_units
    targets = np.concatenate([group.targets for group in layout.groups])
    np.testing.assert_array_equal(np.sort(targets), np.arange(len(n_classes)))
    for k, targets, units, columns in layout.groups:
        for target, own_units, own_columns in zip(targets, units, columns, strict=True):
            assert n_classes[target] == k
            np.testing.assert_array_equal(own_units, np.flatnonzero(layout.units.part == target))
            np.testing.assert_array_equal(
                own_columns, np.flatnonzero(layout.classes.part == target)
            )
            assert own_units[0] == layout.units.starts[target]
            assert own_columns[0] == layout.classes.starts[target]
            np.testing.assert_array_equal(layout.unit_class[own_units], output._unit_classes(k))


@pytest.mark.parametrize(
    ("n_classes", "is_even"),
    [
        ((2,), True),
        ((2, 2), True),
        ((2, 2, 2), True),
        ((3, 3), True),
        ((2, 3, 2, 2, 4, 3), False),
    ],
)
def test_columns_at_even_distances_are_slices(n_classes, is_even):
    layout = target_layout(n_classes, np.arange)
    for columns in (layout.scored, layout.paired, layout.firsts):
        assert isinstance(columns, slice) == is_even


def test_a_layout_is_made_once():
    assert target_layout((2, 3), np.arange) is target_layout((2, 3), np.arange)
    assert target_layout((2, 3), np.arange) is not target_layout((3, 2), np.arange)

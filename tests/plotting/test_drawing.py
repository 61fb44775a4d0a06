import pickle
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from matplotlib import pyplot as plt

from skneural import ActivationsDisplay, ThresholdDisplay


def test_matplotlib_is_imported_only_to_draw():
    code = """
        import sys
        import numpy as np
        import skneural
        one = np.array([0.5])
        displays = [
            skneural.LossCurveDisplay(one, one),
            skneural.ActivationsDisplay(one[None], ["a"]),
            skneural.HiddenWeightsDisplay(one[None, None]),
            skneural.ThresholdDisplay([one], [one], [one], [one]),
        ]
        assert not [name for name in sys.modules if name.split(".")[0] == "matplotlib"]
        sys.modules["matplotlib"] = None  # importing it now is an ImportError
        for display in displays:
            try:
                display.plot()
            except ImportError as error:
                assert f"{type(display).__name__}.plot" in str(error)
                assert 'pip install "skneural[plot]"' in str(error)
            else:
                raise AssertionError(display)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


def test_displays_can_be_drawn_on_given_axes(
    display_class, fitted, iris, targets_of_each_kind, draw
):
    X, y = iris[0], targets_of_each_kind["binary"]
    figure = plt.figure(layout="constrained")
    ax = figure.subfigures(1, 2)[1].subplots()
    shown = draw(display_class, fitted("binary"), X, y, ax=ax)
    assert isinstance(shown, display_class)
    assert (shown.axes_[0] if display_class is ThresholdDisplay else shown.ax_) is ax
    assert shown.figure_ is ax.figure
    assert len(plt.get_fignums()) == 1
    figure.canvas.draw()
    pickle.dumps(figure)
    with pytest.raises(TypeError, match=f"ax of {display_class.__name__}.*got str"):
        draw(display_class, fitted("binary"), X, y, ax="left")


def test_names_are_short_on_one_line_and_no_formulas(texts):
    names = ["from $5 to $10", "a\nb", "a name of very many letters, of which some are left out"]
    display = ActivationsDisplay.from_predictions(
        np.eye(3), [0, 1, 2], classes=range(3), display_labels=names
    )
    assert texts(display.ax_.get_xticklabels()[:3]) == [
        r"from \$5 to \$10",
        "a b",
        "a name of v…are left out",
    ]
    display.figure_.canvas.draw()

"""Heatmap of values in [0, 1], with names, marks, numbers and row sums where there is room."""

from typing import Any

import numpy as np

from skneural._plotting.drawing import VERMILION, label_text, size_in_points, with_limits
from skneural._typing import FloatArray

_STYLE = {"cmap": "Blues", "aspect": "auto", "interpolation": "nearest"}
_FONT = 9.0  # points
_SMALLEST_FONT = 5.5
_LETTER = 0.62  # width of a letter, relative to the font size
_LOWEST_FRAMED_ROW = 5.0  # points; in lower rows, a frame would cover the cell


def sums_width(n_columns: int) -> float:
    """Return the width of the sums on the right, in columns."""
    return min(max(1.2, 0.12 * n_columns), 2.0)


def figure_size(column_names: list[str], row_names: list[str] | None, n_rows: int) -> Any:
    """Return a figure size in inches that has room for names and numbers, within limits."""
    n_columns = len(column_names) + sums_width(len(column_names))
    width = 0.42 * n_columns + 0.08 * _longest(row_names or [""]) + 1.3
    height = 0.24 * n_rows + 0.08 * _longest(column_names) + 0.4
    return float(np.clip(width, 4.5, 14)), float(np.clip(height, 2.5, 10))


class Heatmap:
    """Draws a heatmap and its annotations on `ax`.

    Methods return the artists they add, for the display to keep as attributes.

    Parameters
    ----------
    ax : matplotlib Axes
        Axes to draw on.
    values : ndarray of shape (n_rows, n_columns)
        Values in [0, 1].
    style : dict
        Arguments of `imshow`.
    """

    def __init__(self, ax: Any, values: FloatArray, style: dict[str, Any]) -> None:
        self.ax = ax
        self.values = np.asarray(values)
        self.n_rows, self.n_columns = self.values.shape
        self.sums_width = sums_width(self.n_columns)
        self.image = ax.imshow(self.values, **_STYLE | with_limits(style, 0, 1))
        self._end = self.n_columns - 0.5
        ax.set(xlim=(-0.5, self._end + self.sums_width), ylim=(self.n_rows - 0.5, -0.5))

    def name_columns(self, names: list[str]) -> None:
        """Write names below the columns if there is room, rotated if they are long."""
        cell_width, _ = self._cell_size()
        style: dict[str, Any] = {"fontsize": _FONT}
        if _longest(names) * _LETTER * _FONT > cell_width:
            slant = 45 if cell_width > 1.6 * _FONT else 90
            style |= {"ha": "right", "va": "top" if slant == 45 else "center"}
            style |= {"rotation": slant, "rotation_mode": "anchor"}
        has_room = self.sums_width * cell_width > 3.5 * _LETTER * _FONT
        positions, texts = [self._end + self.sums_width / 2], ["sum" if has_room else "Σ"]
        if cell_width >= 0.9 * _FONT:
            positions, texts = [*range(len(names)), *positions], [*map(label_text, names), *texts]
        self.ax.set_xticks(positions, texts, **style)

    def name_rows(self, names: list[str]) -> bool:
        """Write names beside the rows, if there is room, and return whether there is.

        Where rows are too low, each run of equal names gets a single one.
        """
        _, cell_height = self._cell_size()
        starts = np.arange(len(names))
        if cell_height < _SMALLEST_FONT:
            starts = np.array([i for i in starts if i == 0 or names[i] != names[i - 1]])
        middles = (starts + np.append(starts[1:], len(names)) - 1) / 2
        room = cell_height * np.diff(middles).min(initial=len(names))
        if room < _SMALLEST_FONT:
            return False
        texts = [label_text(names[i]) for i in starts]
        size = float(np.clip(0.95 * room, _SMALLEST_FONT, _FONT))
        self.ax.set_yticks(middles, texts, fontsize=size)
        return True

    def mark(self, is_marked: Any) -> Any:
        """Draw a frame around each marked cell, or a stripe on its left where rows are low."""
        cell_width, cell_height = self._cell_size()
        rows, columns = np.nonzero(is_marked)
        if cell_height < _LOWEST_FRAMED_ROW:
            style = {"facecolor": VERMILION, "linewidth": 0}
            return self._boxes(columns - 0.5, rows - 0.5, 0.15, 1, **style)
        line = float(np.clip(0.12 * min(cell_width, cell_height), 0.7, 2))
        x, y = line / cell_width, line / cell_height  # frames of neighbouring cells do not overlap
        style = {"facecolor": "none", "edgecolor": VERMILION, "linewidth": line}
        left, top = columns - 0.5 + x / 2, rows - 0.5 + y / 2
        return self._boxes(left, top, 1 - x, 1 - y, **style)

    def write_values(self) -> Any:
        """Write the values into the cells; return the texts, or None if there is no room."""
        cell_width, cell_height = self._cell_size()
        size = min(0.75 * cell_height, cell_width / (4 * _LETTER + 0.4), _FONT)
        if size < _SMALLEST_FONT:
            return None
        colors = self.image.cmap(self.image.norm(self.values))
        is_dark = colors[..., :3] @ [0.299, 0.587, 0.114] < 0.5
        style = {"ha": "center", "va": "center_baseline", "fontsize": size}
        texts = np.empty(self.values.shape, dtype=object)
        for (i, j), value in np.ndenumerate(self.values):
            color = "white" if is_dark[i, j] else "black"
            texts[i, j] = self.ax.text(j, i, f"{value:.2f}", color=color, **style)
        return texts

    def draw_sums(self) -> tuple[Any, list[Any]]:
        """Draw the row sums as bars, with a line at 1, and as numbers if there is room."""
        cell_width, cell_height = self._cell_size()
        sums, rows = self.values.sum(axis=1), np.arange(self.n_rows)
        scale = 0.9 * self.sums_width / max(sums.max(), 1)
        height = 0.7 if cell_height >= _LOWEST_FRAMED_ROW else 1
        style: dict[str, Any] = {"facecolor": "0.5", "alpha": 0.45, "linewidth": 0}
        bars = self._boxes(self._end, rows - height / 2, scale * sums, height, **style)
        self.ax.axvline(self._end, color="0.3", linewidth=0.8)
        self.ax.axvline(self._end + scale, color="0.3", linewidth=0.8, linestyle=":")
        size = min(0.75 * cell_height, self.sums_width * cell_width / (5 * _LETTER), _FONT)
        if size < _SMALLEST_FONT:
            return bars, []
        middle = self._end + self.sums_width / 2
        style = {"ha": "center", "va": "center_baseline", "fontsize": size}
        return bars, [self.ax.text(middle, i, f"{sums[i]:.2f}", **style) for i in rows]

    def _cell_size(self) -> tuple[float, float]:
        """Return the width and height of a cell in points."""
        width, height = size_in_points(self.ax)
        return width / (self.n_columns + self.sums_width), height / self.n_rows

    def _boxes(self, left: Any, top: Any, width: Any, height: Any, **style: Any) -> Any:
        """Draw boxes of one style as a single artist, which is fast for very many."""
        from matplotlib.collections import PolyCollection

        left, top, width, height = np.broadcast_arrays(left, top, width, height)
        right, bottom = left + width, top + height
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        shapes: Any = np.array(corners).transpose(2, 0, 1)
        boxes = PolyCollection(shapes, **style)
        return self.ax.add_collection(boxes, autolim=False)


def _longest(names: list[str]) -> int:
    return max(len(label_text(name)) for name in names)

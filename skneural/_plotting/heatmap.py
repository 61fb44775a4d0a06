"""A heatmap of values in [0, 1], with names, marks, numbers and sums as far as there is room."""

from typing import Any

import numpy as np

from skneural._plotting.drawing import VERMILION, in_picture, size_in_points, with_limits
from skneural._typing import FloatArray

_STYLE = {"cmap": "Blues", "aspect": "auto", "interpolation": "nearest"}
_FONT = 9.0  # points
_SMALLEST_FONT = 5.5
_LETTER = 0.62  # its width, as a share of the font size
_LOWEST_FRAMED_ROW = 5.0  # points; below, a frame would leave nothing of the cell to see


def sums_width(n_columns: int) -> float:
    """The width of the sums on the right, in columns."""
    return min(max(1.2, 0.12 * n_columns), 2.0)


def figure_size(column_names: list[str], row_names: list[str] | None, n_rows: int) -> Any:
    """Inches in which names and numbers have room, within reason."""
    n_columns = len(column_names) + sums_width(len(column_names))
    width = 0.42 * n_columns + 0.08 * _longest(row_names or [""]) + 1.3
    height = 0.24 * n_rows + 0.08 * _longest(column_names) + 0.4
    return float(np.clip(width, 4.5, 14)), float(np.clip(height, 2.5, 10))


class Heatmap:
    """Draws on `ax`; what is drawn is returned, for the display to keep.

    Parameters
    ----------
    ax : matplotlib Axes
    values : ndarray of shape (n_rows, n_columns)
    style : dict
        Arguments for `imshow`.
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
        """Names below, slanted or upright where they are long; none where there is no room."""
        cell_width, _ = self._cell_size()
        style: dict[str, Any] = {"fontsize": _FONT}
        if _longest(names) * _LETTER * _FONT > cell_width:
            slant = 45 if cell_width > 1.6 * _FONT else 90
            style |= {"ha": "right", "va": "top" if slant == 45 else "center"}
            style |= {"rotation": slant, "rotation_mode": "anchor"}
        has_room = self.sums_width * cell_width > 3.5 * _LETTER * _FONT
        places, texts = [self._end + self.sums_width / 2], ["sum" if has_room else "Σ"]
        if cell_width >= 0.9 * _FONT:
            places, texts = [*range(len(names)), *places], [*map(in_picture, names), *texts]
        self.ax.set_xticks(places, texts, **style)

    def name_rows(self, names: list[str]) -> bool:
        """Names beside each row, or else each run of equal names, if there is room."""
        _, cell_height = self._cell_size()
        starts = np.arange(len(names))
        if cell_height < _SMALLEST_FONT:
            starts = np.array([i for i in starts if i == 0 or names[i] != names[i - 1]])
        middles = (starts + np.append(starts[1:], len(names)) - 1) / 2
        room = cell_height * np.diff(middles).min(initial=len(names))
        if room < _SMALLEST_FONT:
            return False
        texts = [in_picture(names[i]) for i in starts]
        size = float(np.clip(0.95 * room, _SMALLEST_FONT, _FONT))
        self.ax.set_yticks(middles, texts, fontsize=size)
        return True

    def mark(self, is_marked: Any) -> Any:
        """Frames around cells, or stripes on their left where rows are low."""
        cell_width, cell_height = self._cell_size()
        rows, columns = np.nonzero(is_marked)
        if cell_height < _LOWEST_FRAMED_ROW:
            style = {"facecolor": VERMILION, "linewidth": 0}
            return self._boxes(columns - 0.5, rows - 0.5, 0.15, 1, **style)
        line = float(np.clip(0.12 * min(cell_width, cell_height), 0.7, 2))
        x, y = line / cell_width, line / cell_height  # frames beside each other do not overlap
        style = {"facecolor": "none", "edgecolor": VERMILION, "linewidth": line}
        left, top = columns - 0.5 + x / 2, rows - 0.5 + y / 2
        return self._boxes(left, top, 1 - x, 1 - y, **style)

    def write_values(self) -> Any:
        """Numbers in the cells, as an array of texts, or None."""
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
        """The sums of the rows: bars with a line at 1, and numbers, if there is room."""
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
        """Width and height of a cell, in points."""
        width, height = size_in_points(self.ax)
        return width / (self.n_columns + self.sums_width), height / self.n_rows

    def _boxes(self, left: Any, top: Any, width: Any, height: Any, **style: Any) -> Any:
        """Boxes of one style as one artist, which is fast for very many."""
        from matplotlib.collections import PolyCollection

        left, top, width, height = np.broadcast_arrays(left, top, width, height)
        right, bottom = left + width, top + height
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        shapes: Any = np.array(corners).transpose(2, 0, 1)
        boxes = PolyCollection(shapes, **style)
        return self.ax.add_collection(boxes, autolim=False)


def _longest(names: list[str]) -> int:
    return max(len(in_picture(name)) for name in names)

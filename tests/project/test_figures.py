"""The figures that move, in a real browser: they start as drawn, and follow their controls."""

import json
import re
import runpy
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logsumexp, softmax

DOCS = Path(__file__).parents[2] / "docs"
KINDS = ["logits", "learning", "draw"]
CHECK = runpy.run_path(str(DOCS / "check_site.py"))
BROWSER, headless = CHECK["BROWSER"], CHECK["headless"]
in_a_browser = pytest.mark.skipif(BROWSER is None, reason="there is no browser")

HELPERS = """
const figure = document.querySelector("figure");
const spoken = () => [...figure.querySelectorAll(".sk-chart")].map((e) => e.ariaLabel);
const status = () => figure.querySelector("[role=status]").textContent;
const move = (input, value) => {
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
};
"""


def fragment(kind):
    return (DOCS / "pictures" / f"{kind}.html").read_text()


def data(kind):
    (text,) = re.findall(r'<script type="application/json">(.*?)</script>', fragment(kind))
    return json.loads(text)


def drawn(kind):
    """The text of the charts for screen readers, before a script runs."""
    return re.findall(r'aria-label="((?:softmax|sigmoid).*?)"', fragment(kind))


def spoken_values(label):
    """The numbers of the ten units in the label of a chart."""
    return [
        float(value.replace("\N{MINUS SIGN}", "-"))
        for value in re.findall(r"\d: (.\d*.\d+)", label)
    ]


@pytest.fixture
def play(tmp_path):
    """Show a figure, run the body of a function in its page, and return what that returns."""

    def show(kind, actions):
        scripts = [f"{(DOCS / '_static' / name).as_uri()}.js" for name in ("figures", kind)]
        tags = "".join(f'<script src="{script}"></script>' for script in scripts)
        page = tmp_path / "page.html"
        page.write_text(
            f'<!doctype html><meta charset="utf-8">{fragment(kind)}{tags}<pre id="seen"></pre>'
            f"<script>{HELPERS} const act = () => {{ {actions} }};"
            'document.getElementById("seen").textContent = JSON.stringify(act());</script>'
        )
        done = subprocess.run(
            headless(tmp_path, "--dump-dom", page.as_uri()),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        (seen,) = re.findall(r'<pre id="seen">(.+?)</pre>', done.stdout)
        return json.loads(seen.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))

    return show


class Elements(HTMLParser):
    """The tags of a figure with their attributes, and the tags that they are in."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes), list(self.open)))
        if tag not in ("input", "rect", "line", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()


@pytest.mark.parametrize("kind", KINDS)
def test_figures_need_neither_network_nor_library(kind):
    text = "".join((DOCS / "_static" / f"{name}.js").read_text() for name in ("figures", kind))
    assert not re.search(r"https?:|fetch|XMLHttpRequest|import\b|require\(", text)


@pytest.mark.parametrize("kind", KINDS)
def test_figures_can_be_heard(kind):
    elements = Elements(fragment(kind)).found
    assert any(attributes.get("role") == "status" for _, attributes, _ in elements)
    for tag, attributes, parents in elements:
        if tag in ("input", "select"):
            assert "label" in parents
        if tag == "svg":
            assert "aria-hidden" in attributes or attributes["role"] == "img"
            assert "aria-hidden" in attributes or attributes["aria-label"]


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_script_there_is_a_still_picture_and_nothing_to_press(kind):
    assert drawn(kind)
    controls = fragment(kind).index('class="sk-controls" hidden')
    for tag in ("<button", "<input", "<select"):
        assert fragment(kind).find(tag) == -1 or fragment(kind).find(tag) > controls


@in_a_browser
@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_starts_as_it_is_drawn(play, kind):
    seen = play(kind, "return [spoken(), figure.querySelectorAll('[hidden], .sk-still').length];")
    assert seen == [drawn(kind), 0]


@in_a_browser
def test_raising_all_logits_changes_the_sigmoids_only(play):
    before, after, again = play(
        "logits",
        """const before = spoken();
        figure.querySelector("[data-shift='1']").click();
        const after = spoken();
        figure.querySelector("[data-reset]").click();
        return [before, after, spoken()];""",
    )
    for one, other in zip(before, after, strict=True):
        if one.startswith("softmax"):
            assert one == other
        else:
            assert sum(spoken_values(other)) > sum(spoken_values(one)) + 0.5
    assert again == before


@in_a_browser
def test_one_logit_moves_every_unit_of_the_softmax_and_one_sigmoid(play):
    labels, logits, losses = play(
        "logits",
        """const sliders = [...figure.querySelectorAll("input[type=range]")];
        sliders.forEach((slider) => move(slider, 0));
        move(sliders[7], 2);
        move(figure.querySelector("select"), 7);
        return [spoken(), sliders.map((slider) => Number(slider.value)), status()];""",
    )
    logits, target = np.array(logits), np.arange(10) == 7
    expected = {"softmax": softmax(logits), "sigmoid": expit(logits)}
    for label in labels:
        values = expected[label[:7]] - (target if "error" in label else 0)
        np.testing.assert_allclose(spoken_values(label), values, atol=0.005)
    sums = logsumexp(logits) - 2, np.logaddexp(0, logits).sum() - 2
    assert [f"{value:.2f}" for value in sums] == re.findall(r"\d+\.\d+", losses)


@in_a_browser
def test_logits_are_raised_no_further_than_the_sliders_go(play):
    pressed, disabled = play(
        "logits",
        """const button = figure.querySelector("[data-shift='1']");
        let pressed = 0;
        while (!button.disabled && pressed < 99) { button.click(); pressed += 1; }
        return [pressed, figure.querySelector("[data-shift='-1']").disabled];""",
    )
    assert 0 < pressed < 99
    assert not disabled


@in_a_browser
def test_the_slider_of_learning_goes_through_all_iterations(play):
    numbers = data("learning")
    seen = play(
        "learning",
        """const slider = figure.querySelector("input");
        return Array.from({ length: Number(slider.max) + 1 }, (_, k) => {
          move(slider, k);
          return [slider.ariaValueText, spoken()];
        });""",
    )
    assert [text for text, _ in seen][:3] == ["0 iterations", "1 iteration", "2 iterations"]
    for k, (_, labels) in enumerate(seen):
        for label in labels:
            values = np.array(numbers[label[:7]][k])
            values -= (np.arange(10) == numbers["label"]) * ("error" in label)
            np.testing.assert_allclose(spoken_values(label), values, atol=0.0051)


@in_a_browser
def test_networks_of_the_drawing_compute_what_numpy_does(play):
    numbers = data("draw")
    seen = play(
        "draw",
        """return [...figure.querySelectorAll("[data-drawing]")].map((button) => {
          button.click();
          return [button.dataset.drawing, spoken(), status()];
        });""",
    )
    for name, labels, _ in seen:
        for label in labels:
            (W1, b1), (W2, b2) = numbers["networks"][label[:7]]
            ink = np.array(numbers["drawings"][name]) / 16
            hidden = np.maximum(ink @ np.reshape(W1, (64, -1)) + b1, 0) / 20
            logits = (hidden @ np.reshape(W2, (-1, 10)) + b2) / 20
            values = {"softmax": softmax, "sigmoid": expit}[label[:7]](logits)
            np.testing.assert_allclose(spoken_values(label), values, atol=0.0051)
    said = {name: status for name, _, status in seen}
    assert "Softmax: 3" in said["clear"]
    assert "Sigmoids: 3 above 0.5" in said["clear"]
    assert "none of these" in said["empty"]


@in_a_browser
def test_the_pen_draws_a_line(play):
    inked = play(
        "draw",
        """figure.querySelector("[data-drawing=empty]").click();
        const paper = figure.querySelector(".sk-paper");
        paper.style.cssText = "display: grid; grid-template-columns: repeat(8, 1fr); width: 320px";
        for (const cell of paper.children) cell.style.cssText = "height: 40px; padding: 0";
        paper.setPointerCapture = () => {};
        const box = paper.getBoundingClientRect();
        const pen = (kind, x, y) => {
          const place = { clientX: box.left + x, clientY: box.top + y };
          paper.dispatchEvent(new PointerEvent(kind, place));
        };
        pen("pointerdown", 180, 20);
        pen("pointermove", 180, 300);
        pen("pointerup", 180, 300);
        pen("pointermove", 20, 20);
        return [...paper.children].map((cell) => Number(cell.ariaLabel.match(/ink (\\d+)/)[1]));""",
    )
    columns = np.reshape(inked, (8, 8)).sum(axis=0)
    assert (np.reshape(inked, (8, 8))[:, 4] > 8).all()
    assert columns[4] == columns.max()
    assert columns[:3].sum() == 0


@in_a_browser
def test_the_paper_needs_no_pointer(play):
    before, focus, stops, after, cleared = play(
        "draw",
        """figure.querySelector("[data-drawing=empty]").click();
        const cells = [...figure.querySelector(".sk-paper").children];
        const before = cells[9].ariaLabel;
        cells[0].focus();
        for (const key of ["ArrowRight", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowDown"]) {
          const press = new KeyboardEvent("keydown", { key, bubbles: true });
          document.activeElement.dispatchEvent(press);
        }
        const focus = cells.indexOf(document.activeElement);
        const stops = cells.filter((cell) => cell.tabIndex === 0).length;
        document.activeElement.click();
        const after = cells[9].ariaLabel;
        document.activeElement.click();
        return [before, focus, stops, after, cells[9].ariaLabel];""",
    )
    assert before == cleared == "row 2, column 2, ink 0 of 16"
    assert (focus, stops) == (9, 1)
    assert after == "row 2, column 2, ink 16 of 16"

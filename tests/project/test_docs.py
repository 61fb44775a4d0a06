"""The pages of the documentation: what is on them runs, and where things are."""

import doctest
import inspect
import re
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import estimator_html_repr

import skneural
from skneural._estimators.persistence import DOCUMENTATION

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("user_guide/*.md"))]


def on_the_page_of_the_interface():
    """Full names of what its tables list, for each of which a page is generated."""
    text = (DOCS / "api.md").read_text()
    (module,) = re.findall(r"currentmodule:: (\w+)", text)
    return [f"{module}.{name}" for name in re.findall(r"^   ([\w.]+)$", text, re.MULTILINE)]


def public_names():
    for module in (skneural, skneural.activations):
        for name in module.__all__:
            if not inspect.ismodule(getattr(module, name)):
                yield f"{module.__name__}.{name}"


def examples_on(page):
    # A fence that follows output would be taken for a line of it.
    text = re.sub(r"^ *(```|:::).*", "", page.read_text(), flags=re.MULTILINE)
    return doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)


PAGES_WITH_EXAMPLES = [page for page in PAGES if ">>>" in page.read_text()]


def test_pages_of_the_user_guide_have_examples():
    without = {page.relative_to(DOCS).as_posix() for page in set(PAGES) - set(PAGES_WITH_EXAMPLES)}
    assert {page for page in without if page.startswith("user_guide")} == {"user_guide/index.md"}
    assert not without & {"index.md", "getting_started.md", "installation.md"}


@pytest.mark.parametrize("page", PAGES_WITH_EXAMPLES, ids=lambda page: page.stem)
def test_examples_on_pages_run(page):
    examples = examples_on(page)
    assert examples.examples
    failures = []
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    doctest.DocTestRunner(optionflags=flags).run(examples, out=failures.append)
    plt.close("all")
    assert not failures, "".join(failures)


def test_the_code_of_the_cheat_sheet_runs():
    blocks = re.findall(
        r"^```python\n(.*?)^```", (DOCS / "cheat_sheet.md").read_text(), re.M | re.S
    )
    names = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is small
        for block in blocks:
            exec(block, names)
    plt.close("all")
    assert names["tuned"].thresholds_.shape == (2,)


def test_all_that_is_public_is_on_the_page_of_the_interface():
    assert sorted(on_the_page_of_the_interface()) == sorted(public_names())


def test_estimators_link_to_pages_that_are_generated():
    sigmoid, softmax = skneural.SigmoidMLPClassifier(), skneural.SoftmaxMLPClassifier()
    tuned = skneural.TunedThresholdsClassifierCV(sigmoid)
    for estimator in (sigmoid, softmax, tuned):
        page = f"{DOCUMENTATION}/generated/skneural.{type(estimator).__name__}.html"
        assert f'href="{page}"' in estimator_html_repr(estimator)
        assert f"skneural.{type(estimator).__name__}" in on_the_page_of_the_interface()

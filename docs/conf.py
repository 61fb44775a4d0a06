"""Settings of Sphinx. The pages are Markdown; what is in docstrings and examples is reST."""

import sys
import zlib
from importlib.metadata import version as version_of
from inspect import isclass
from pathlib import Path

from sphinx_gallery.sorting import ExplicitOrder

import skneural

sys.path.append(str(Path(__file__).parent))  # for descriptions.py and results.py

project = "skneural"
author = copyright = "The skneural developers"
release = version = version_of("skneural")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinxext.opengraph",
    "myst_parser",
    "results",
    "descriptions",
]
exclude_patterns = ["build"]
templates_path = ["_templates"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings tell types, with shapes
numpydoc_show_class_members = False  # the template of a class shows them in full
smartquotes = False  # what is quoted are values of parameters
toc_object_entries_show_parents = "hide"

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def own_methods(cls):
    """Names of the methods that this package defines, as they are in the source."""
    names = [name for base in cls.__mro__ for name in vars(base) if not name.startswith("_")]
    functions = {name: getattr(cls, name) for name in names if callable(getattr(cls, name, None))}
    return [name for name, one in functions.items() if one.__module__.startswith("skneural")]


public = {f"skneural.{name}": getattr(skneural, name) for name in skneural.__all__}
autosummary_context = {
    "own_methods": {name: own_methods(one) for name, one in public.items() if isclass(one)}
}


def inventory(name):
    """Compile a list of another project's objects, so that a build needs no internet.

    Such a list, of the objects that we refer to, is an inventory of Sphinx in plain text.
    """
    here = Path(__file__).parent
    lines = (here / "inventories" / f"{name}.txt").read_bytes().splitlines(keepends=True)
    compiled = here / "build" / "inventories" / f"{name}.inv"
    compiled.parent.mkdir(parents=True, exist_ok=True)
    compiled.write_bytes(b"".join(lines[:4]) + zlib.compress(b"".join(lines[4:])))
    return str(compiled)


intersphinx_mapping = {
    "python": ("https://docs.python.org/3", inventory("python")),
    "numpy": ("https://numpy.org/doc/stable", inventory("numpy")),
    "scipy": ("https://docs.scipy.org/doc/scipy", inventory("scipy")),
    "sklearn": ("https://scikit-learn.org/stable", inventory("sklearn")),
    "matplotlib": ("https://matplotlib.org/stable", inventory("matplotlib")),
    "skrub": ("https://skrub-data.org/stable", inventory("skrub")),
    "joblib": ("https://joblib.readthedocs.io/en/stable", inventory("joblib")),
}

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "subsection_order": [
        f"../examples/{part}"
        for part in ("outputs", "targets", "tables", "training", "hidden_layers")
    ],
    "within_subsection_order": ExplicitOrder(
        [
            "plot_digits_sigmoid_vs_softmax.py",
            "plot_squared_error.py",
            "plot_learning_a_digit.py",
            "plot_must_outputs_sum_to_one.py",
            "plot_two_classes.py",
            "*",
        ]
    ),
    "doc_module": ("skneural",),
    "reference_url": {"skneural": None},
    "backreferences_dir": "generated/backreferences",
    "parallel": 2,
    "inspect_global_variables": False,
    "capture_repr": (),
    "remove_config_comments": True,
    "image_srcset": ["2x"],
    "download_all_examples": False,
    "show_signature": False,
}

html_baseurl = ogp_site_url = "https://skneural.readthedocs.io/en/stable/"
ogp_image = "_static/card.png"
ogp_image_alt = "An unclear digit, with the activations of a softmax and of ten sigmoids"
ogp_social_cards = {"enable": False}  # the one picture above, for all pages
ogp_custom_meta_tags = ['<meta name="twitter:card" content="summary_large_image" />']

html_theme = "pydata_sphinx_theme"
html_title = "skneural"
html_logo = "_static/logo.svg"
html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
html_css_files = ["skneural.css"]
html_js_files = [  # figures.js first: the others use it
    (f"{name}.js", {"defer": "defer"}) for name in ("figures", "logits", "learning", "draw")
]
html_show_sourcelink = False
html_sidebars = {page: [] for page in ("index", "getting_started", "sigmoid_or_softmax")}
html_theme_options = {
    "logo": {"text": "skneural"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_prev_next": True,
    "show_toc_level": 2,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": [], "peers": []},
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
}

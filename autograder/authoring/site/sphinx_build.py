"""Sphinx, set up for this site and run without a configuration file."""

import io
import os
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

import rnnlib

from .settings import HOMEPAGE, REPOSITORY

CONFIGURATION = {
    "project": "Unrolled",
    "author": "The Unrolled contributors",
    "copyright": "The Unrolled contributors; code MIT, text CC BY 4.0",
    "release": rnnlib.__version__,
    "language": "en",
    "extensions": [
        "myst_nb",
        "sphinx.ext.autodoc",
        "sphinx.ext.githubpages",  # there, what begins with _ is served only if a file says so
        "sphinx.ext.mathjax",
        "sphinxext.opengraph",
        "autograder.authoring.site.extension",
    ],
    "nb_execution_mode": "off",  # the pages come with their outputs
    "nb_ipywidgets_js": {},  # or a page asks another host for scripts
    "myst_enable_extensions": ["amsmath", "dollarmath"],
    "myst_heading_anchors": 3,
    "autodoc_member_order": "bysource",
    "autodoc_typehints_format": "short",
    "add_module_names": False,
    "mathjax_path": "mathjax/tex-chtml.js",
    # without the menu a formula is no stop of the Tab key; what screen readers read of it is there
    "mathjax3_config": {"options": {"enableMenu": False}},
    "html_theme": "sphinx_book_theme",
    "html_title": "Unrolled",
    "html_static_path": [str(Path(__file__).with_name("static"))],
    "html_favicon": str(Path(__file__).with_name("static") / "favicon.svg"),
    "html_css_files": ["site.css"],
    "html_js_files": ["site.js"],
    "html_copy_source": False,  # it would be the page with its solutions
    "html_baseurl": HOMEPAGE,
    "html_theme_options": {
        "repository_url": REPOSITORY,
        "use_repository_button": True,
        "use_download_button": False,
        "use_fullscreen_button": False,
        "show_navbar_depth": 1,
        "show_toc_level": 2,
        "search_bar_text": "Search the course",
    },
    "ogp_site_url": HOMEPAGE,
    "ogp_image": "_static/card.png",
    "ogp_social_cards": {"enable": False},
    "suppress_warnings": ["myst.header"],
}


def build_pages(source: Path, to: Path, doctrees: Path) -> list[str]:
    """Builds the pages of the folder `source` into `to`; returns Sphinx's warnings, a line each."""
    warnings = io.StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=source,
            confdir=None,
            outdir=to,
            doctreedir=doctrees,
            buildername="html",
            confoverrides=CONFIGURATION,
            status=None,
            warning=warnings,
            parallel=os.cpu_count() or 1,
        )
        app.build()
    return [line for line in warnings.getvalue().splitlines() if line.strip()]

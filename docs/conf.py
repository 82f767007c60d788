"""How Sphinx builds the site: ``sphinx-build -W docs site``; nothing is fetched for it."""

from __future__ import annotations

import sys
from pathlib import Path

import napari_tif2video as t2v

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "_ext")]

project = "napari-tif2video"
author = copyright = "The napari-tif2video developers"  # noqa: A001
release = version = t2v.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "movie"]
exclude_patterns = ["_ext", "_static"]

# Titles can be linked to, as on any page of Markdown.
myst_heading_anchors = 3

add_module_names = False
default_role = "literal"  # of docstrings
autodoc_typehints = "none"  # the docstrings name the types
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_ivar = True

html_theme = "pydata_sphinx_theme"
html_title = "napari-tif2video"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {"tutorial": [], "gallery": []}  # nothing is below them
html_theme_options = {
    "header_links_before_dropdown": 6,
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "navigation_with_keys": False,
    "show_prev_next": True,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}

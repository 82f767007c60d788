"""The directive ``movie``: shows the video that a command of the page makes.

    ```{movie} movie.mp4
    A dividing cell.
    ```

Looks for the command of the page that ends in ``-o movie.mp4``, runs it on the data of the
examples while the site is built, and shows what it has made. So a page never shows another video
than that of its command.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
from pathlib import Path
from typing import Any

import av
import example_data
from blocks import commands_of
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from napari_tif2video.cli import main as main_of_command

FOLDER = "_movies"


class Movie(SphinxDirective):
    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        docname, name = self.env.docname, self.arguments[0]
        page = Path(self.env.doc2path(docname))
        file = f"{docname.replace('/', '-')}-{name}"
        self.env.note_dependency(str(page))
        path = Path(self.env.app.outdir, FOLDER, file)
        make(page, name, path)
        up = "../" * docname.count("/")
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            size = f'width="{stream.width}" height="{stream.height}"'
        how = "autoplay controls loop muted playsinline"  # unless muted, it would have to wait
        tag = f'<video {how} {size} src="{up}{FOLDER}/{file}"></video>'
        figure = nodes.figure(classes=["movie"])
        figure += nodes.raw("", tag, format="html")
        caption = nodes.caption()
        children, _ = self.parse_inline("\n".join(self.content))
        caption += children
        figure += caption
        return [figure]


def make(page: Path, name: str, path: Path) -> None:
    """Run the page's command for a video, after that for the sample, and keep what it makes."""
    commands = commands_of(page)
    makes = [words for words in commands if words[-2:] == ["-o", name]]
    if len(makes) != 1:
        raise ExtensionError(f"{page}: {len(makes)} commands end in -o {name}")
    path.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tif2video-movie-") as folder:
        example_data.write(Path(folder))
        messages = io.StringIO()
        with contextlib.chdir(folder), contextlib.redirect_stderr(messages):
            for words in [*filter(["--demo"].__eq__, commands), *makes]:
                if main_of_command(words):
                    raise ExtensionError(f"{page}: {messages.getvalue()}")
        shutil.copyfile(Path(folder, name), path)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("movie", Movie)
    return {"parallel_read_safe": False}

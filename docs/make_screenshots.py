"""Make the pictures of the real window for the documentation, the moving one first.

    python docs/make_screenshots.py [FOLDER]

Opens napari with the bundled sample, sets up the dock widget, makes videos in a temporary folder,
and writes a GIF and one PNG for each theme into FOLDER (default: docs/images). Needs napari, a Qt
binding and a screen; on a machine without one:

    xvfb-run -a -s "-screen 0 1400x1000x24" python docs/make_screenshots.py
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SIZE = 1280, 800
SMALL = 1180, 740


def main() -> None:
    here = Path(__file__).parent
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else here / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tif2video-screenshots-") as scratch:
        # Neither the user's settings of napari nor what the widget remembers are in the pictures.
        os.environ["XDG_CONFIG_HOME"] = os.environ["NAPARI_CONFIG_HOME"] = scratch
        os.environ["NAPARI_CONFIG"] = str(Path(scratch) / "napari.yaml")
        from napari.settings import get_settings

        get_settings().appearance.theme = "dark"
        playing_sample(folder / "window.gif")
        for theme, show in (("dark", layer_with_a_crop), ("light", finished_folders)):
            get_settings().appearance.theme = theme
            show(folder / f"widget-{theme}.png", Path(scratch) / theme)


def playing_sample(picture: Path) -> None:
    """A dividing cell on the canvas with its crop box, and beside it the video, as a GIF."""
    import numpy as np

    import napari_tif2video as t2v

    viewer, widget = open_window(SMALL)
    viewer.open_sample("napari-tif2video", "mitosis")
    widget.settings = t2v.VideoSettings(
        crop="150x130+10+30", contrast="auto", scale_bar=True, pixel_size=0.0885, timestamp=True,
        frame_interval=10,
    )  # fmt: skip
    viewer.layers[0].contrast_limits = 2188, 13617
    camera = getattr(viewer, "scene", viewer).camera  # before napari 0.9, that of the viewer
    camera.zoom *= 0.82  # so that all four sides of the box are seen
    shots = []
    for index in range(0, 36, 3):
        viewer.dims.set_point(0, index)
        until(lambda: not widget.result.is_busy and widget.result.preview is not None)
        pause(0.5)
        shots.append(viewer.window.screenshot(canvas_only=False, flash=False)[..., :3])
    viewer.close()
    t2v.convert(np.stack(shots), picture, width=880, fps=4, overwrite=True)
    print(picture)


def layer_with_a_crop(picture: Path, scratch: Path) -> None:
    """A layer, its crop box and anchor on the canvas, the frame of the video and all settings."""
    from napari_tif2video import VideoSettings

    viewer, widget = open_window()
    viewer.open_sample("napari-tif2video", "mitosis")
    viewer.dims.set_point(0, 17)
    widget.settings = VideoSettings(
        crop="110x80+40+50", contrast="global", percentile=(1, 99.9), colormap="magma", anchor=True
    )
    widget.more.expand()
    until(lambda: not widget.result.is_busy and widget.result.preview is not None)
    save(viewer, picture)


def finished_folders(picture: Path, scratch: Path) -> None:
    """Folders converted one after the other."""
    import tifffile

    import napari_tif2video as t2v

    stack = t2v.open_stack(Path(t2v.__file__).parent / "sample" / "mitosis.tif")
    folders = [scratch / f"position {number}" for number in (1, 2, 3)]
    for number, folder in enumerate(folders):
        folder.mkdir(parents=True)
        for index, frame in enumerate(stack.data[:: number + 1].compute()):
            tifffile.imwrite(folder / f"t{index}.tif", frame)
    viewer, widget = open_window()
    widget.mode.value = "Folders"
    widget.folders.add(folders)
    widget.settings = t2v.VideoSettings(contrast="batch")
    until(lambda: not (widget.source.is_busy or widget.result.is_busy))
    until(lambda: widget.create_button.enabled)
    widget.convert()
    until(lambda: not widget.run.is_running)
    save(viewer, picture)


def open_window(size=SIZE):
    import napari

    viewer = napari.Viewer(show=True)
    viewer.window.resize(*size)
    _, widget = viewer.window.add_plugin_dock_widget("napari-tif2video")
    return viewer, widget


def save(viewer, picture: Path) -> None:
    pause(1.5)
    viewer.window.screenshot(str(picture), canvas_only=False, flash=False)
    print(picture)
    viewer.close()


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit("the window did not get ready in time")
        pause(0.05)


def pause(seconds: float) -> None:
    from qtpy.QtTest import QTest

    QTest.qWait(round(1000 * seconds))


if __name__ == "__main__":
    main()

"""What a recipe says of a video that is made."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from helpers.files import write_pages
from helpers.frames import noise
from helpers.planning import planned

import napari_tif2video as t2v
from napari_tif2video import pipeline
from napari_tif2video.encode import EncodedSegment
from napari_tif2video.encode.encoder import Packet
from napari_tif2video.geometry import CropBox
from napari_tif2video.picture import FrameStats
from napari_tif2video.pipeline import describe
from napari_tif2video.pipeline.describe import recipe_of
from napari_tif2video.pipeline.versions import versions
from napari_tif2video.planning import plan, side_by_side
from napari_tif2video.recipe import RecipePanel, RecipeSource


def test_settings_of_a_recipe_name_no_folder(tmp_path):
    tracks = tmp_path / "tracks.csv"
    tracks.write_text("track,frame,y,x\n7,0,5,5\n7,1,6,6\n7,2,7,7\n")
    pages = write_pages(tmp_path / "s.tif", noise((3, 64, 128)))
    made = planned(pages, tracks=tracks, follow=tracks, crop="32x32", width=100, codec="h265")
    found = pipeline.settings_of(made)
    chosen = {name: found[name] for name in ("tracks", "follow", "follow_id", "codec", "contrast")}
    assert chosen == {
        "tracks": "tracks.csv",
        "follow": "tracks.csv",
        "follow_id": 7,
        "codec": "h265",
        "contrast": "local",
    }
    assert pipeline.source_name(made) == "s.tif"
    plain = planned(noise((3, 24, 40)), limits=(1, 9))
    assert pipeline.source_name(plain) == "array"
    same = pipeline.settings_of(plain)
    assert (same["contrast"], same["codec"], same["limits"]) == (None, None, [1.0, 9.0])
    assert same.get("follow_id") is None


def first_segment(data):
    return EncodedSegment((Packet(data, 0, True),), b"", b"", 0.0, ())


def stats_of(*pairs):
    return [FrameStats(limits, False, None, 0.0) for limits in pairs]


def test_what_a_recipe_says_of_two_channels():
    frames = noise((3, 2, 24, 41), high=900)
    stack = t2v.open_stack(frames, axes="TCYX")
    settings = {"axes": "TCYX", "channel": "all", "frames": "2:0:-1", "width": "full"}
    made = plan(stack, t2v.VideoSettings(contrast="local", gamma=0.5, **settings))
    stats = stats_of(((1 / 3, 900.0), (2.0, 1e10)), ((0.0, 2 / 3), (12345678912.0, 1e-10 / 3)))
    found = recipe_of(made, stats, 0.25, [str(n) for n in range(120)], first_segment(b"--"))
    assert found.batch == tuple(str(number) for number in range(100))
    assert [(c.number, c.limits, c.gamma, c.inverted) for c in found.channels] == [
        (0, ((0.333333333, 900.0), (0.0, 0.666666667)), 0.5, False),
        (1, ((2.0, 1e10), (12345678912.0, 3.33333333e-11)), 0.5, False),
    ]
    assert (found.clipped, found.contrast, found.frames) == (0.25, "local", 2)
    assert (found.width, found.height, found.source_size) == (40, 24, (41, 24))
    assert (found.source, found.source_type, found.title_frames) == ("array", "uint16", 0)
    assert (found.drawn, found.sources, found.moves, found.bad_frames) == ((), (), (), ())
    assert found.crop == CropBox(40, 24, 0, 0)
    assert (found.versions, found.calibration) == (versions(), {})
    shared = plan(stack, t2v.VideoSettings(contrast="global", pixel_size=0.5, **settings))
    found = recipe_of(shared, stats, 0.0, (), first_segment(b"x264 - core 164 r"))
    assert [c.limits for c in found.channels] == [((1 / 3, 900.0),), ((2.0, 1e10),)]
    assert (found.batch, found.versions) == ((), versions() | {"x264": "164"})
    assert found.calibration["pixel_size_um"] == 0.5
    assert set(found.calibration) == {"pixel_size_um", "pixel_size_origin"}


def test_what_a_recipe_says_of_sources_side_by_side(tmp_path):
    pages = write_pages(tmp_path / "s.tif", noise((4, 24, 40)))
    settings = t2v.VideoSettings(panels="sources", width="full", limits=(0, 9), frames="1:")
    stacks = t2v.open_stack(pages), t2v.open_stack(noise((3, 24, 60), high=200, dtype=np.uint8))
    made = side_by_side([plan(stack, settings) for stack in stacks], settings)
    stats = stats_of(((0.0, 9.0), (0.0, 9.0)))
    found = recipe_of(made, stats, 0.5, (), first_segment(b""))
    left, right = made.picture.mosaic.corners
    assert found.sources == (
        RecipeSource(
            *("s.tif", "page 2 of s.tif", "page 4 of s.tif", (40, 24), "uint16", 3, range(1, 4)),
            crop=CropBox(40, 24, 0, 0),
            panels=(RecipePanel(left[1], left[0], 40, 24, (0,)),),
            shown=(1, 2, 3),
        ),
        RecipeSource(
            *("array", "frame 1", "frame 2", (60, 24), "uint8", 2, range(1, 3)),
            crop=CropBox(60, 24, 0, 0),
            panels=(RecipePanel(right[1], right[0], 60, 24, (1,)),),
            shown=(1, 2, 2),
        ),
    )
    assert left == (0, 10)  # one above the other, in the middle
    assert (right[0] >= 24, right[1]) == (True, 0)
    assert (found.bad_frames, found.frames, found.crop) == ((), 3, CropBox(40, 24, 0, 0))
    assert (found.width, found.height) == made.picture.mosaic.size[::-1]


@pytest.mark.parametrize(
    ("data", "library"),
    [(b"..x265 (build 209) - ", {"x265": "209"}), (b"x264", {}),
     (bytes(1985) + b"x264 - core 164", {"x264": "164"}),
     (bytes(1986) + b"x264 - core 164", {"x264": "16"})],
)  # fmt: skip
def test_the_version_of_the_encoder(data, library):
    made = planned(noise((2, 24, 40)), limits=(0, 9))
    found = recipe_of(made, stats_of(((0.0, 9.0),)), 0.0, (), first_segment(data))
    assert found.versions == versions() | library


def test_colours_and_counts_as_they_are_in_a_recipe():
    frames = noise((2, 24, 40))
    limits = stats_of(((0.0, 9.0),))

    def colours(**options):
        made = planned(frames, limits=(0, 9), **options)
        (channel,) = recipe_of(made, limits, 0.0, (), first_segment(b"")).channels
        return channel.colours

    assert colours() == ""
    assert colours(colormap="magenta") == "#ff00ff"
    table = np.frombuffer(base64.b64decode(colours(colormap="viridis")), np.uint8).reshape(256, 3)
    assert table[[0, 255]].tolist() == [[68, 1, 84], [253, 231, 37]]
    # A table that is even from black, but for the rounding of its levels, is named by its end.
    even = np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(256, 3)
    for off, is_named in ((0, True), (1, True), (2, False)):
        bent = even.copy()
        bent[250, 1] += off
        known = describe._colours(bent.tobytes())
        assert known == ("#ffffff" if is_named else base64.b64encode(bent.tobytes()).decode())
    raw = recipe_of(planned(frames, raw=True), limits, 0.0, (), first_segment(b""))
    assert raw.channels[0].limits == ()

"""What settings come to for a stack, decided once: sizes, limits, encoder, drawings, and notes."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import replace
from fractions import Fraction

import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers import planning
from helpers.frames import noise
from helpers.imagej import write_composite
from helpers.refusals import refusal

import napari_tif2video as t2v
from napari_tif2video.colours import Display, colour_table
from napari_tif2video.data import Calibration, Channel
from napari_tif2video.drawings import LINE_PALETTE, PALETTE, Points, line_colours
from napari_tif2video.overlays import AnchorMark, Look, Template, TimeFormat
from napari_tif2video.planning import Clips, Drawn, clips, plan, stabilised
from napari_tif2video.settings import Given

COUNT = 6


def black(count=COUNT, size=(40, 60), dtype=np.uint16):
    return np.broadcast_to(np.zeros((), dtype), (count, *size))


def planned(source=None, **options):
    return planning.planned(black() if source is None else source, **options)


def refused(*args, **options):
    return refusal(t2v.Tif2VideoError, planned, *args, **options)


def test_frames_that_are_shown():
    made = planned(frames="1:5:2")
    assert (made.indices, made.frames, list(made.timeline.frames)) == (range(1, 5, 2), 2, [1, 3])
    assert planned().indices == range(6)
    said = "array: frames 6: leaves none of its 6 frames; indices count from 0"
    assert refused(frames="6:") == said
    assert planned(frames="5:").indices == range(5, 6)


@pytest.mark.parametrize(
    ("options", "box", "size"),
    [
        ({"width": "full"}, "200x100+0+0", (100, 200)),
        ({"raw": True}, "201x101+0+0", (101, 201)),
        ({"raw": True, "crop": "31x7"}, "31x7+85+47", (7, 31)),
        ({"width": 400}, "201x101+0+0", (200, 400)),
        # 100.5 µm across.
        ({"um_per_pixel": 1, "pixel_size": 0.5}, "201x101+0+0", (50, 100)),
        ({"um_per_pixel": 0.5, "pixel_size": 0.5}, "200x100+0+0", (100, 200)),
    ],
)
def test_the_box_and_the_size(options, box, size):
    made = planned(black(size=(101, 201)), **options)
    assert (str(made.picture.box), made.picture.size) == (box, size)
    assert (made.encoder.height, made.encoder.width) == size
    pixel = options.get("pixel_size")
    scale = None if pixel is None else pixel * made.picture.box.width / size[1]
    assert (made.scale and made.scale.um_per_px) == scale
    assert made.picture.is_raw == ("raw" in options)


def test_what_needs_the_size_of_a_pixel():
    said = "the size of a pixel is not known; give it with --pixel-size, such as 0.65 (µm)"
    for option, value in (("um_per_pixel", 1), ("scale_bar", True)):
        assert refused(**{option: value}) == f"array: {option}: {said}"


@pytest.mark.parametrize(
    ("options", "contrast", "percentile", "own", "is_exact"),
    [
        ({}, "local", None, None, False),
        ({"percentile": (1, 99)}, "local", (1, 99), (1, 99), False),
        ({"contrast": "global"}, "global", None, None, False),
        ({"contrast": "global", "percentile": (1, 99)}, "global", (1, 99), None, True),
        ({"contrast": "batch", "percentile": (1, 99)}, "batch", (1, 99), None, True),
        ({"contrast": "batch"}, "batch", None, None, False),
        ({"contrast": "smooth"}, "smooth", None, None, True),
        ({"contrast": "smooth", "percentile": (1, 99)}, "smooth", (1, 99), (1, 99), True),
        ({"contrast": "auto"}, "auto", (0.1, 99.9), None, True),
        ({"limits": (5, 9)}, "fixed", None, None, False),
        ({"raw": True}, "raw", None, None, False),
    ],
)
def test_where_limits_come_from(options, contrast, percentile, own, is_exact):
    made = planned(**options)
    assert (made.contrast, made.percentile) == (contrast, percentile)
    assert (made.picture.percentile, made.picture.is_exact) == (own, is_exact)
    assert made.picture.limits == ((5, 9) if contrast == "fixed" else None,)
    assert made.needs_measuring == (contrast in ("global", "batch", "smooth", "auto"))
    assert made.has_own_limits == (contrast in ("local", "smooth"))


def shown_as(*displays, stored=None):
    """A stack whose channels are shown as a viewer shows them."""
    stack = t2v.open_stack(black())
    channels = tuple(
        Channel(stack.frames, display, f"c{number}", number, stored)
        for number, display in enumerate(displays)
    )
    return dataclasses.replace(stack, channels=channels)


LIMITED, AUTO = Display(limits=(5, 9)), Display(is_auto=True)


@pytest.mark.parametrize(
    ("displays", "options", "contrast", "limits"),
    [
        ([LIMITED], {}, "displayed", [(5, 9)]),
        ([LIMITED], {"contrast": "displayed"}, "displayed", [(5, 9)]),
        ([LIMITED], {"contrast": "global"}, "global", [None]),
        ([LIMITED], {"limits": (1, 2)}, "fixed", [(1, 2)]),
        ([LIMITED], {"percentile": (1, 99)}, "local", [None]),
        ([AUTO], {}, "local", [None]),
        ([AUTO], {"contrast": "displayed"}, "local", [None]),
        ([AUTO, LIMITED], {}, "displayed", [None, (5, 9)]),
        ([AUTO, AUTO], {"contrast": "displayed"}, "local", [None, None]),
        ([LIMITED, Display()], {}, "local", [None, None]),
        ([LIMITED, LIMITED], {"limits": (1, 2)}, "fixed", [(1, 2), (1, 2)]),
        ([LIMITED, LIMITED], {"limits": ((1, 2), (3, 4))}, "fixed", [(1, 2), (3, 4)]),
    ],
)
def test_limits_as_a_viewer_shows_them(displays, options, contrast, limits):
    made = planned(shown_as(*displays), **options)
    assert (made.contrast, list(made.picture.limits)) == (contrast, limits)


def test_limits_that_are_not_there():
    displayed = (
        "array: contrast: 'displayed' is for layers of napari; choose local, global, batch, smooth "
        "or fixed limits"
    )
    stored = (
        "array: contrast: 'stored' is for files that hold a display range, as those of ImageJ and "
        "Micro-Manager do (OME-TIFF has none); choose local, global or fixed limits"
    )
    assert refused(contrast="displayed") == displayed
    assert refused(shown_as(LIMITED, Display()), contrast="displayed") == displayed
    assert refused(contrast="stored") == stored
    kept = shown_as(Display(), stored=(3, 8))
    assert planned(kept, contrast="stored").picture.limits == ((3, 8),)
    assert planned(kept).contrast == "local"
    one = dataclasses.replace(kept, channels=(*kept.channels, *shown_as(Display()).channels))
    assert refused(one, contrast="stored") == stored
    assert refused(limits=((1, 2), (3, 4))) == (
        "array: limits are those of 2 channels, but 1 is shown; give one pair, or one for each"
    )


def test_how_a_channel_is_shown():
    plain = Display()
    viridis = colour_table("viridis")
    for options, display in (
        ({}, plain),
        ({"gamma": 0.5}, Display(gamma=0.5)),
        ({"invert": True}, Display(invert=True)),
        ({"colormap": "viridis"}, Display(colours=viridis)),
        ({"colormap": "gray"}, plain),
        (
            {"colormap": "viridis", "invert": True, "gamma": 2},
            Display(None, 2, viridis, invert=True),
        ),
    ):
        made = planned(**options)
        assert made.picture.displays == (display,)
        assert made.encoder.has_colour == (display.colours is not None)
    assert planned(shown_as(Display(invert=True)), invert=True).picture.displays == (plain,)
    coloured = shown_as(Display(colours=viridis, gamma=2))
    assert planned(coloured, colormap="gray").picture.displays == (Display(gamma=2),)
    two = shown_as(LIMITED, Display(gamma=2))
    found = planned(two, gamma=3).picture.displays
    assert found == (Display((5, 9), 3), Display(gamma=3))
    assert refused(two, invert=True) == (
        "array: merged channels cannot be inverted; choose one of them"
    )
    assert refused(two, colormap="viridis") == (
        "array: merged channels have colours of their own; choose one of them, or leave out the "
        "colormap"
    )
    assert refused(np.zeros((2, 8, 8, 3), np.uint8), colormap="gray") == (
        "array: is in colour already; a colormap is for grey images, leave it out"
    )


RGB = np.zeros((2, 40, 60, 3), np.uint8)
POINT = np.array([[0, 5.0, 5.0]])


@pytest.mark.parametrize(
    ("source", "options", "has_colour", "has_palette"),
    [
        (None, {}, False, False),
        (RGB, {}, True, False),
        (None, {"anchor": True}, True, False),
        (None, {"anchor": True, "anchor_colour": "white"}, False, False),
        (None, {"colormap": "viridis"}, True, True),
        (None, {"colormap": "viridis", "title": "x"}, True, False),
        (None, {"colormap": "viridis", "anchor": True}, True, False),
        (None, {"colormap": "viridis", "points": POINT}, True, False),
        (None, {"points": POINT}, True, False),
        (None, {"label": "x"}, False, False),
        (None, {"title": "x"}, False, False),
        (shown_as(Display(opacity=0.5)), {}, True, False),
        (shown_as(Display(opacity=0.5, colours=bytes(768))), {}, True, False),
        (shown_as(Display(), Display()), {}, True, False),
        (shown_as(Display(colours=bytes(768)), Display()), {}, True, False),
    ],
)
def test_colours_of_the_encoder(source, options, has_colour, has_palette):
    arrays = {"points": options["points"]} if "points" in options else {}
    rest = {name: value for name, value in options.items() if name not in arrays}
    for codec in ("gif", "h264"):
        encoder = planned(source, arrays=arrays, codec=codec, **rest).encoder
        assert encoder.has_colour == has_colour
        table = colour_table("viridis") if has_palette and codec == "gif" else b""
        assert encoder.palette == table
        assert (encoder.codec.name, encoder.depth) == (codec, 8)
        assert encoder.container.ending == {"gif": ".gif", "h264": ".mp4"}[codec]


def test_the_encoder_is_that_of_the_settings():
    encoder = planned(fps="30000/1001", quality="high", codec="vp9").encoder
    assert (encoder.fps, encoder.quality, encoder.crf) == (Fraction(30000, 1001), "high", None)
    assert planned(crf=20).encoder.crf == 20
    stack, settings = t2v.open_stack(black()), t2v.VideoSettings()
    for ending, codec in ((".mkv", "ffv1"), (".mov", "prores"), ("", "h264")):
        encoder = plan(stack, settings, ending).encoder
        assert (encoder.codec.name, encoder.container.ending) == (codec, ending or ".mp4")


@pytest.mark.parametrize(
    ("dtype", "depth"), [(np.uint8, 8), (np.bool_, 8), (np.uint16, 16), (np.int16, None),
                         (np.uint32, None), (np.float32, None), (np.int8, None)]
)  # fmt: skip
def test_counts_that_a_video_can_hold(dtype, depth):
    if depth is not None:
        made = planned(black(dtype=dtype), raw=True)
        assert (made.encoder.depth, made.encoder.has_colour) == (depth, False)
        return
    assert refused(black(dtype=dtype), raw=True) == (
        f"array: raw is for unsigned counts of 8 or 16 bits, and these are {np.dtype(dtype).name}; "
        "leave out raw, or keep the TIFFs"
    )


def test_raw_counts_are_those_of_one_channel(tmp_path):
    assert refused(shown_as(Display(), Display()), raw=True) == (
        "array: merged channels have no counts of their own; choose one for raw"
    )
    path = tmp_path / "w.tif"
    tifffile.imwrite(path, noise((2, 20, 30)), photometric="miniswhite")
    *rest, ffv1 = planned(path, raw=True).notes
    assert rest == [
        "is stored with white as zero (MinIsWhite) and shown so", "as raw counts, white stays zero",
    ]  # fmt: skip
    assert ffv1.startswith("FFV1 is for")
    assert planned(path).notes == (rest[0],)


@pytest.mark.parametrize(
    ("chunks", "note"),
    [
        ((1, 3, 28), "28 frames: 590 MB"),
        ((26, 26), "26 frames: 550 MB"),  # 545,259,520 bytes
        ((16, 16), ""),
        ((25, 25), ""),  # 524,288,000
    ],
)
def test_blocks_that_span_many_frames(chunks, note):
    size = (2048, 5120)  # 20 MiB
    array = da.zeros((sum(chunks), *size), dtype=np.uint16, chunks=(chunks, -1, -1))
    said = (
        f"the array's chunks span {note} have to be in memory at once for each worker; rechunk to "
        "few frames a chunk"
    )
    assert planned(array).notes == ((said,) if note else ())


def test_just_as_much_as_is_worth_a_word():
    """512 MiB in 16 frames of 32 MiB, and a row less."""
    for rows, is_said in ((4096, True), (4095, False)):
        array = da.zeros((16, rows, 4096), dtype=np.uint16, chunks=(16, -1, -1))
        assert (len(planned(array).notes) == 1) == is_said


def test_how_long_it_takes_and_its_title():
    made = planned(fps=4)
    assert (made.duration_s, made.title, made.title_frames, made.fps) == (1.5, None, 0, 4)
    for options, count in (
        ({}, 8), ({"title_duration": 3}, 12), ({"title_duration": 0.1}, 1),
        ({"title_duration": 0.4}, 2), ({"title_duration": 0.35}, 1),
    ):  # fmt: skip
        made = planned(fps=4, title="Both", **options)
        assert (made.duration_s, made.title, made.title_frames) == (1.5, "Both", count)


def test_a_plan_without_frames_that_cannot_be_read():
    stack = t2v.open_stack(black(12)).calibrated(Calibration(None, "", 10.0, "given"))
    made = plan(stack, t2v.VideoSettings(timestamp=True, frames="1:", on_error="skip"))
    assert made.skips
    less = made.without({3: "cut off", 1: "damaged"})
    assert (less.frames, list(less.timeline.frames)) == (9, [1, 3, 5, 6, 7, 8, 9, 10, 11])
    assert less.timeline.times_s == tuple(10.0 * n for n in (1, 3, 5, 6, 7, 8, 9, 10, 11))
    assert less.stack.calibration.frame_interval_s == 10
    assert [(bad.frame, bad.name, bad.error) for bad in less.bad_frames] == [
        (2, "frame 2", "damaged"), (4, "frame 4", "cut off"),
    ]  # fmt: skip
    assert less.notes == (
        "2 of 11 frames cannot be read, and are left out: frame 2, frame 4; of the first: damaged",
    )
    many = made.without(dict.fromkeys(range(9), "gone"))
    assert many.notes == (
        "9 of 11 frames cannot be read, and are left out: frame 1, frame 2, frame 3, frame 4, "
        "frame 5, frame 6, frame 7, frame 8 and 1 more; of the first: gone",
    )
    assert made.with_note("more").notes == (*made.notes, "more")
    assert not planned().skips


# --- times ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({"timestamp": True}, "timestamp"),
        ({"label": "at {time}"}, "label: {time}"),
        ({"event": "5=x"}, "event"),
        ({"arrow": ("1,1", "2,2@5")}, "arrow"),
        ({"event": "5=x", "label": "{time}", "arrow": "2,2@5"}, "label: {time}"),
        ({"event": "5=x", "timestamp": True}, "timestamp"),
    ],
)
def test_times_that_are_not_known(options, asked):
    assert refused(**options) == (
        f"array: {asked}: the time from frame to frame is not known; give it with "
        "--frame-interval, such as 5min"
    )
    for axes, what in (("ZYX", "slices (Z)"), ("CYX", "channels (C)"), ("AYX", "steps (A)"),
                       ("PYX", "positions (P)")):  # fmt: skip
        assert refused(axes=axes, play=axes[0], **options) == (
            f"array: {asked}: its {what} are played, not time; leave it out, or name the axis T "
            "with --axes if it is time"
        )


def test_an_interval_of_what_is_no_time():
    assert refused(axes="ZYX", frame_interval=5) == (
        "array: frame_interval: its slices (Z) are played, not time; leave it out, or name the "
        "axis T with --axes if it is time"
    )
    assert planned(frame_interval=5).stack.calibration.frame_interval_s == 5
    assert planned(axes="ZYX", arrow="1,1", label="x").timeline.times_s is None


@pytest.mark.parametrize(
    ("options", "times"),
    [
        ({}, (0, 10, 20, 30, 40, 50)),
        ({"frames": "2::2"}, (20, 40)),
        ({"frames": "::-2"}, (50, 30, 10)),
        ({"time_start": 7}, (7, 17, 27, 37, 47, 57)),
        ({"time_start": -7, "frames": "3:5"}, (23, 33)),
    ],
)
def test_times_of_frames(options, times):
    assert planned(timestamp=True, frame_interval=10, **options).timeline.times_s == times
    assert planned(frame_interval=10).timeline.times_s is None


def test_recorded_times_start_where_they_are_told_to():
    stack = t2v.open_stack(black(3)).calibrated(Calibration(times_s=(4.0, 9.0, 20.0)))
    for start, times in ((None, (4, 9, 20)), (0, (0, 5, 16)), (100, (100, 105, 116))):
        settings = t2v.VideoSettings(timestamp=True, time_start=start)
        assert plan(stack, settings).timeline.times_s == times
    later = plan(stack, t2v.VideoSettings(time_start=100, frames="1:"))
    assert later.timeline.times_s == (105, 116)


@pytest.mark.parametrize(
    ("interval", "span", "decoded"),
    [(1, "00:03", (3, np.inf)), (30, "02:00..03:30", (120, 210)), (1800, "2:00", (7200, np.inf))],
)
def test_times_of_arrows_and_events_are_read_as_the_video_writes_them(interval, span, decoded):
    made = planned(arrow=f"5,6.5@{span}", event=f"{span}=x", frame_interval=interval)
    (arrow,) = made.picture.overlay.arrows
    assert (arrow.x, arrow.y, arrow.span_s) == (5, 6.5, decoded)
    (text,) = made.picture.overlay.texts
    assert text.says.events == ((*decoded, "x"),)


def test_arrows_outside_of_what_is_shown():
    """The last pixel of a box, and the next one."""
    options = {"crop": "20x10+30+5", "width": 200}
    for x, y in ((30, 5), (49, 14), (29.5, 5), (30, 4.5), (49.4, 14.4)):
        assert planned(arrow=f"{x},{y}", **options).picture.overlay.arrows[0].x == x
    for x, y in (("29.4", "5"), ("30", "4.4"), ("49.5", "14"), ("49", "14.5")):
        assert refused(arrow=f"{x},{y}", **options) == (
            f"array: arrow: pixel {x},{y} is outside what is shown, 20x10+30+5"
        )
    way = [(0, t, 20, 20 + t) for t in range(COUNT)]
    moved = {"follow": way, "crop": "9x9", "width": 180}
    for x in (16, 29):  # in the first frame, and in the last one
        assert planned(arrow=f"{x},20", **moved).picture.overlay.arrows[0].x == x
    for x in (15, 30):
        assert refused(arrow=f"{x},20", **moved) == (
            f"array: arrow: pixel {x},20 is outside what is shown, the box that moves"
        )


# --- a box that moves ---------------------------------------------------------------------------

WAYS = np.array([(3, t, 20.25, 30 + t) for t in range(1, 5)] + [(8, t, 20, 8) for t in (0, 3, 5)])


def test_an_object_that_is_followed():
    made = planned(follow=WAYS, follow_id=3, crop="9x8", width=180)
    assert (made.followed, made.indices) == (3, range(1, 5))
    assert made.timeline.moves == tuple((16.75, 26.0 + t) for t in range(1, 5))
    assert made.notes == ("the box follows track 3 of array, in frames 1 to 4",)
    assert str(made.picture.box) == "9x8+0+0"
    assert (made.source_format.size, made.stack.frames.format.size) == ((40, 60), (8, 9))
    gaps = planned(follow=WAYS, follow_id=8, crop="21x8", width=200)
    assert gaps.indices == range(6)
    assert gaps.notes == (
        "the box follows track 8 of array, in frames 0 to 5",
        "in 3 frames of it the track has a gap, crossed straight",
        "in 6 of 6 frames the box reaches outside of the data, by up to 2 px: that is black, and "
        "no part of the contrast",
    )
    part = planned(follow=WAYS, follow_id=3, crop="9x8", width=180, frames="4::-2")
    assert part.indices == range(4, 1, -2)
    assert part.notes == ("the box follows track 3 of array, in frames 4 to 2",)
    alone = planned(follow=WAYS, follow_id=3, crop="9x8", width=180, frames="4:")
    assert alone.notes == ("the box follows track 3 of array, in frames 4 alone",)
    only = planned(follow=WAYS[:4], crop="9x8", width=180)
    assert only.followed == 3


def test_how_far_a_box_reaches_outside():
    """Half a pixel is one; none is nothing to say."""
    for row, column, said in (
        (4, 30, 0), (3.9, 30, 1), (35, 30, 0), (35.5, 30, 1), (20, 4, 0), (20, 2.5, 2),
        (20, 55, 0), (20, 58, 3), (1, 58, 3),
    ):  # fmt: skip
        notes = planned(follow=[(0, 2, row, column)], crop="9x9", width=180).notes[1:]
        assert notes == ((
            f"in 1 of 1 frames the box reaches outside of the data, by up to {said} px: that is "
            "black, and no part of the contrast",
        ) if said else ())  # fmt: skip


def test_a_smoothed_way():
    way = np.array([(0, t, 20 + 6 * (t == 2), 30) for t in range(5)])
    made = planned(black(5), follow=way, follow_smooth=3, crop="9x9", width=180)
    assert [move[0] for move in made.timeline.moves] == [16, 18, 18, 18, 16]
    assert made.notes[1:] == (
        "its way is smoothed over 3 frames: the object is up to 4.0 px away from the centre of "
        "the box",
    )
    same = planned(black(5), follow=way, follow_smooth=1, crop="9x9", width=180)
    assert [move[0] for move in same.timeline.moves] == [16, 16, 22, 16, 16]
    assert len(same.notes) == 1


TWO = "array has 2 tracks: 3, 8"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, f"{TWO}; add --follow-id 3 or each"),
        ({"follow_id": "each"}, f"{TWO}; each makes several videos, choose one here"),
        ({"follow_id": 4}, "array has no track 4, but 2 tracks: 3, 8"),
        ({"follow_id": 3, "frames": "5:"},
         "track 3 of array is in frames 1 to 4, and none of these is shown"),
    ],
)  # fmt: skip
def test_tracks_that_cannot_be_followed(options, said):
    assert refused(follow=WAYS, crop="9x9", **options) == f"array: follow: {said}"


def test_files_that_are_followed(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("track_id,frame,y,x\n" + "".join(f"5,{t},20,30\n" for t in (1, 2, 99)))
    made = planned(follow=path, crop="9x9", width=180)
    assert made.notes == (
        "1 of 3 positions are beyond the 6 frames, and not followed",
        "the box follows track 5 of t.csv, in frames 1 to 2",
    )
    path.rename(tmp_path / "array.csv")
    assert planned(follow=tmp_path / "{name}.csv", crop="9x9", width=180).followed == 5
    assert refused(follow=path, crop="9x9") == (
        f"array: follow: {path}: cannot be opened (No such file or directory)"
    )
    masks = np.zeros((COUNT, 40, 60), np.uint16)
    masks[:, 10:13, 20:25] = 7
    tifffile.imwrite(tmp_path / "m.TIF", masks)
    made = planned(follow=tmp_path / "m.TIF", crop="9x9", width=180)
    assert (made.followed, made.timeline.moves) == (7, ((7, 18),) * COUNT)
    for shown, said in ((masks[:5], "5 label images of 60x40"), (masks[:, :39], "6 label images of "
                        "60x39"), (masks[:, :, 1:], "6 label images of 59x40")):  # fmt: skip
        tifffile.imwrite(tmp_path / "m.TIF", shown)
        assert refused(follow=tmp_path / "m.TIF", crop="9x9") == (
            f"array: follow: m.TIF has {said}, where the data have 6 of 60x40"
        )


def test_what_is_followed_is_read_again_when_its_files_change(tmp_path):
    masks = np.zeros((COUNT, 40, 60), np.uint16)

    def write(column):
        masks[:] = 0
        masks[:, 10:13, column : column + 5] = 7
        tifffile.imwrite(tmp_path / "m.tif", masks)
        for number, mask in enumerate(masks):
            tifffile.imwrite(tmp_path / "in" / f"m{number}.tif", mask)
        (tmp_path / "t.csv").write_text(f"track_id,frame,y,x\n7,0,11,{column + 2}\n")

    given = ("m.tif", "in/", "in/m*.tif", "t.csv")
    (tmp_path / "in").mkdir()
    for column in (20, 30):
        write(column)
        for name in given:
            made = planned(follow=f"{tmp_path}/{name}", crop="9x9", width=180)
            assert made.timeline.moves[0] == (7, column - 2)
            assert made.notes[0].startswith(
                f"the box follows track 7 of {name.rstrip('/').split('/')[-1]}, in frames 0 "
            )


def test_layers_that_are_followed():
    """On the frames of a stack that knows where layers lie; or as they are, which is said."""
    given = Given.of(WAYS[:4], "cells")
    plain = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0))
    layer = dataclasses.replace(given, affine=plain, units=("px",) * 3)
    scaled = dataclasses.replace(layer, affine=(*plain[:2], (0.0, 0.0, 2.0, 0.0)))
    said = "the box follows track 3 of cells, in frames 1 to 4"
    moved = (
        "cells has a scale or a place of its own in napari; its coordinates are taken as pixels of "
        "the data, which is right where the image has the same"
    )
    asked = []

    def placed(value, played):
        asked.append((value, played))
        return None if value is scaled else value.array + np.array([0, 0, 5, 2])

    options = {"crop": "9x9", "width": 180}
    here = tuple((16.25, 26.0 + t) for t in range(1, 5))
    there = tuple((21.25, 28.0 + t) for t in range(1, 5))
    alone = t2v.open_stack(black())
    beside = dataclasses.replace(alone, placed=placed)
    for stack, value, moves, notes in (
        (alone, given, here, (said,)),
        (alone, layer, here, (said,)),
        (alone, scaled, here, (moved, said)),
        (beside, given, here, (said,)),
        (beside, scaled, here, (moved, said)),
        (beside, layer, there, (said,)),
    ):
        made = planned(stack, follow=value, **options)
        assert (made.timeline.moves, made.notes) == (moves, notes)
    assert asked == [(scaled, "T"), (layer, "T")]
    points = Given.of(WAYS[:4, 1:], "spots")
    assert planned(follow=points, **options).notes == (
        "the box follows track 0 of spots, in frames 1 to 4",
    )


def test_clips_of_the_tracks_that_are_shown(tmp_path):
    stack = t2v.open_stack(black())

    def numbers(**options):
        settings = t2v.VideoSettings(follow=WAYS, follow_id="each", crop="9x9", **options)
        return clips(stack, settings).numbers

    assert numbers() == (3, 8)
    assert numbers(frames=":1") == (8,)
    assert numbers(frames="1:5") == (3, 8)  # the second one has a gap there
    found = clips(stack, t2v.VideoSettings(follow=WAYS, follow_id="each", crop="9x9",
                                           frame_interval=5))  # fmt: skip
    assert isinstance(found, Clips)
    assert found.stack.calibration.frame_interval_s == 5
    few = t2v.VideoSettings(follow=WAYS[:4], follow_id="each", crop="9x9", frames=":1")
    with pytest.raises(t2v.SourceError) as caught:
        clips(stack, few)
    assert str(caught.value) == (
        "array: follow: none of the tracks is in the frames that are shown"
    )
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, noise((COUNT, 40, 60)))
    with pytest.raises(t2v.SourceError) as caught:
        clips(t2v.open_stack(path), few)
    assert str(caught.value).startswith(f"{path}: follow: none of the tracks")
    two = t2v.open_stack(np.zeros((COUNT, 2, 40, 60), np.uint16), axes="TCYX")
    settings = t2v.VideoSettings(follow=WAYS, follow_id="each", crop="9x9", panels="channels")
    assert clips(two, settings).numbers == (3, 8)


def test_drift_that_is_taken_back(monkeypatch):
    pytest.importorskip("skimage")
    made = planned(stabilise=True, width=120)
    assert (made.is_to_stabilise, made.notes) == (True, ())
    none = stabilised(made, [(0.0, 0.0)] * COUNT)
    assert none.notes == (
        "a drift of up to 0.0 px is taken back (0.0 px at the end); between pixels, counts are "
        "interpolated",
    )
    assert not none.is_to_stabilise
    moves = [(0.0, 0.0), (3.0, -4.0), (-2.5, 1.25), (0.0, 0.0), (1.0, 0.0), (0.0, -1.0)]
    still = stabilised(made, moves)
    assert still.timeline.moves == tuple(moves)
    assert still.notes == (
        "a drift of up to 5.0 px is taken back (1.0 px at the end); between pixels, counts are "
        "interpolated",
        "in 4 of 6 frames the box reaches outside of the data, by up to 4 px: that is black, and "
        "no part of the contrast; --crop 54x34+4+3 has nothing of it",
    )
    cropped = stabilised(planned(stabilise=True, crop="50x30+0+10", width=120), moves)
    assert cropped.notes[1].endswith("--crop 46x27+4+10 has nothing of it")
    inside = stabilised(planned(stabilise=True, crop="50x30", width=120), moves)
    assert len(inside.notes) == 1
    # A pixel of a frame that drifted down by 3 and to the left by 4 comes back.
    frames = np.arange(COUNT * 2400, dtype=np.uint16).reshape(COUNT, 40, 60)
    back = stabilised(planned(frames, stabilise=True), moves).stack.frames.select([1])
    (frame,) = back.read_frames(t2v.CropBox(60, 40, 0, 0))
    np.testing.assert_array_equal(frame[:37, 4:], frames[1, 3:, :-4])
    assert np.isnan(frame[37:]).all()
    assert np.isnan(frame[:, :4]).all()
    for far in ([(0.0, 0.0), (40.0, 0.0)], [(0.0, 0.0), (0.0, 60.0)]):
        lost = stabilised(planned(black(2), stabilise=True, width=120), far)
        assert lost.notes[1] == (
            f"in 1 of 2 frames the box reaches outside of the data, by up to {sum(far[1]):.0f} px: "
            "that is black, and no part of the contrast"
        )
    two = planned(shown_as(Display(), Display()), stabilise=True)
    assert two.notes == ("drift is measured in channel c0, and taken back in all",)
    monkeypatch.setattr("napari_tif2video.planning.moves.find_spec", lambda name: None)
    assert refused(stabilise=True) == (
        "array: stabilise: needs scikit-image; install it with pip install "
        "'napari-tif2video[stabilise]'"
    )


# --- what is drawn ------------------------------------------------------------------------------


def test_drawings_as_large_as_can_be_seen():
    """400x58 pixels become 100x14: a bit less down than across."""
    source, down, across = black(size=(58, 400)), 14 / 58, 0.25
    arrays = {
        "points": np.array([[0, 5, 5], [9, 5, 5]]),
        "tracks": np.array([[7, 0, 5, 5], [7, 1, 5, 6], [2, 0, 9, 9], [2, 0, 9, 9]]),
        "shapes": [np.array([[5, 5], [9, 9], [5, 9]]), (np.array([[5, 5], [9, 9]]), "line")],
        "segmentation": np.zeros((58, 400), np.uint8),
    }
    made = planned(source, arrays=arrays, width=100)
    labels, shapes, tracks, points = made.timeline.drawings
    assert [drawing.look for drawing in made.timeline.drawings] == [
        Look("segmentation", "", opacity=0.7), Look("shapes"), Look("tracks"), Look("points"),
    ]  # fmt: skip
    assert made.drawn == (
        Drawn("segmentation", "", 1), Drawn("shapes", "", 2), Drawn("tracks", "", 2, 1),
        Drawn("points", "", 2, 1),
    )  # fmt: skip
    assert list(map(str, made.drawn)) == [
        "1 label image of an array", "2 shapes of an array", "2 tracks of an array (1 left out)",
        "2 points of an array (1 left out)",
    ]  # fmt: skip
    assert made.notes == (
        "the one label image of the array is drawn onto all frames",
        "the array: 1 of 4 positions belong to a track that has one in that frame already, and not "
        "drawn",
        "the array: 1 of 2 points are beyond the 6 frames, and not drawn",
    )
    assert points.sizes.item() == pytest.approx(5 / down)
    assert points.border_widths.item() == pytest.approx(0.05 * 5 / down)
    assert np.ravel(points.borders).tolist() == [105, 105, 105, 255]
    np.testing.assert_allclose(shapes.edge_widths, 2 / down)
    assert np.unique(shapes.edges.reshape(-1, 4), axis=0).tolist() == [[255, 255, 0, 255]]
    assert labels.contour == 0
    assert (tracks.width_px, tracks.tail, tracks.shows_ids) == (2, 30, False)
    styled = planned(
        source, arrays=arrays, width=100, segmentation_style="contour", points_size=4,
        tracks_tail=0, tracks_ids=True,
    ).timeline.drawings  # fmt: skip
    assert (styled[0].contour, styled[0].look.opacity) == (pytest.approx(2 / across), 1)
    assert (styled[2].tail, styled[2].shows_ids) == (0, True)
    assert styled[3].sizes.item() == 4
    large = planned(source, arrays={"points": POINT}, width=400).timeline.drawings
    assert large[0].sizes.item() == 10


def test_the_look_of_labels_and_tracks():
    arrays = {
        "segmentation": [np.full((40, 60), 7), *np.zeros((5, 40, 60), int)],
        "tracks": np.array([[7, 0, 5, 5], [7, 1, 5, 6], [2, 0, 9, 9]]),
    }
    labels, tracks = planned(arrays=arrays).timeline.drawings
    assert grey_of(labels, COUNT) == [7, 0, 0, 0, 0, 0]
    assert labels.colours.cycle is PALETTE
    np.testing.assert_array_equal(tracks.colours, line_colours(tracks.ids))
    assert (tracks.ids.tolist(), tracks.links.tolist()) == ([2, 7, 7], [])
    assert tracks.frames.tolist() == [0, 1, 2, 3, 4, 5]
    arrays["segmentation"] = da.from_array(np.stack(arrays["segmentation"]))
    made = planned(arrays=arrays, segmentation_style="contour", frames="::2")
    labels, tracks = made.timeline.drawings
    assert (grey_of(labels, 3), tracks.frames.tolist()) == ([7, 0, 0], [0, 2, 4])
    assert labels.colours.cycle is LINE_PALETTE
    filled = planned(arrays=arrays, segmentation_style="fill").timeline.drawings[0]
    assert (filled.colours.cycle is PALETTE, filled.contour, filled.look.opacity) == (True, 0, 0.7)


@pytest.mark.parametrize("axes", ["CYX", "ZYX"])
def test_label_images_whose_only_axis_are_the_frames(tmp_path, axes):
    path = tmp_path / "m[1].ome.tif"  # a name and no pattern, as long as there is such a file
    masks = np.arange(COUNT, dtype=np.uint16).reshape(-1, 1, 1) + np.zeros((40, 60), np.uint16)
    tifffile.imwrite(path, masks, metadata={"axes": axes}, photometric="minisblack")
    made = planned(segmentation=path)
    assert grey_of(made.timeline.drawings[0], COUNT) == list(range(COUNT))
    assert [note for note in made.notes if "above" in note] == []


def test_positions_in_other_units(tmp_path):
    """The numbers of a file that names none are those of µm; of one slice from the next, z."""
    path = tmp_path / "p.csv"
    path.write_text("t,z,y (um),x (um)\n0,1,10,20\n")
    known = Calibration(0.5, "given")
    stack = t2v.open_stack(black()).calibrated(known)
    (points,) = planned(stack, points=path).timeline.drawings
    assert (points.y.tolist(), points.x.tolist()) == ([20], [40])
    header = "TRACK_ID,FRAME,POSITION_X,POSITION_Y,QUALITY\n"
    (tmp_path / "t.csv").write_text(header + "0,0,10,15,1\n")
    for source, place in ((stack, (30, 20)), (black(), (15, 10))):
        (tracks,) = planned(source, tracks=tmp_path / "t.csv").timeline.drawings
        assert (tracks.y.item(), tracks.x.item()) == place
    path.write_text("x (abcdefghijklmnopqrstuvwxyz),y\n5,5\n")
    assert refused(points=path) == (
        "array: points: p.csv: has positions in 'abcdefghijklmnopqrst', which is no length"
    )


def test_when_shapes_and_points_are_seen():
    line = np.array([[0, 5, 5], [0, 9, 9], [0, 5, 9]])
    far = line + np.array([9, 0, 0])
    arrays = {
        "shapes": [
            line + np.array([3, 0, 0]),
            far,
            line + np.array([1, 0, 0]),
            (line + np.array([2, 0, 0]), "polygon"),
        ],
        "points": np.array([[2, 5, 5], [9, 5, 5], [4.25, 6, 7]]),
    }
    shapes, points = planned(arrays=arrays, frames="1::2").timeline.drawings
    assert shapes.t.tolist() == [3, 1, 2]
    assert shapes.are_closed.tolist() == [True, True, True]
    assert (points.t.tolist(), points.y.tolist(), points.x.tolist()) == ([2, 4.25], [5, 6], [5, 7])
    assert shapes.frames.tolist() == points.frames.tolist() == [1, 3, 5]
    kinds = ["path", "line", "polygon", "rectangle", "ellipse"]
    corners = np.array([[5, 5], [5, 9], [9, 9], [9, 5]])
    outlines = [(corners[: 2 if kind == "line" else 4], kind) for kind in kinds]
    made = planned(arrays={"shapes": outlines}).timeline.drawings[0]
    assert made.t is None
    assert made.are_closed.tolist() == [False, False, True, True, True]
    assert np.diff(made.starts).tolist()[:4] == [4, 2, 4, 4]
    assert np.diff(made.starts)[4] > 4


def test_frames_that_are_counted_from_one():
    def track(*times):
        return {"tracks": np.array([(1, t, 5, 5) for t in times])}

    made = planned(black(2), arrays=track(1, 2))
    assert made.notes == (
        "frames of the array are 1 to 2 and taken to count from 1, as the source has 0 to 1",
    )
    assert made.timeline.drawings[0].t.tolist() == [0, 1]
    assert refused(black(1), arrays=track(1)) == (
        "array: tracks: the array: nothing of it can be drawn: 1 of 1 positions are beyond the 1 "
        "frame"
    )
    assert planned(black(3), arrays=track(1, 2)).timeline.drawings[0].t.tolist() == [1, 2]


def test_drawings_that_are_empty_or_lie_in_all_slices(tmp_path):
    assert refused(arrays={"points": np.zeros((0, 3))}) == (
        "array: points: the array: nothing of it can be drawn: it is empty"
    )
    stack = t2v.open_stack(np.zeros((COUNT, 3, 40, 60), np.uint16), axes="TZYX")
    stack = stack.calibrated(Calibration(0.5, "given", z_spacing_um=2.0))
    made = planned(stack, arrays={"shapes": [np.array([[5, 5], [9, 9], [5, 9]])]}, z=1)
    assert (made.drawn[0].left_out, made.notes) == (0, ())
    (tmp_path / "p.csv").write_text("y (um),x (um)\n10,15\n")
    (points,) = planned(stack, points=tmp_path / "p.csv", z=1).timeline.drawings
    assert (points.y.item(), points.x.item()) == (20, 30)


@pytest.mark.skipif(os.name == "nt", reason="Windows says it otherwise")
def test_names_that_no_file_can_have(tmp_path):
    long, gone = tmp_path / ("x" * 300), tmp_path / "gone.csv"
    gone.symlink_to(tmp_path / "nothing.csv")
    for path, why in ((long, "File name too long"), (gone, "No such file or directory")):
        for kind in ("tracks", "points", "shapes"):
            assert refused(**{kind: path}) == f"array: {kind}: {path}: cannot be opened ({why})"
    said = f"{long}: cannot be opened (File name too long)"
    assert refused(follow=long, crop="9x9") == f"array: follow: {said}"
    assert refused(follow=gone, crop="9x9") == (
        f"array: follow: {gone} cannot be opened (No such file or directory)"
    )
    assert refused(segmentation=long) == (
        f"array: segmentation: {long}: cannot be read (File name too long)"
    )


def test_numbers_that_are_nearly_whole_are_rounded(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("track_id,frame,y,x\n2.9995,1.9995,5,6\n3.0004,3.0004,7,8\n")
    (tracks,) = planned(tracks=path).timeline.drawings
    assert (tracks.ids.tolist(), tracks.t.tolist()) == ([3, 3], [2, 3])


def test_drawings_have_the_names_of_their_files(tmp_path):
    (tmp_path / "t.csv").write_text("track_id,frame,y,x\n1,0,5,5\n")
    (tmp_path / "p.csv").write_text("frame,y,x\n0,5,5\n")
    (tmp_path / "s.csv").write_text(
        "index,shape-type,vertex-index,axis-0,axis-1\n0,path,0,5,5\n0,path,1,9,9\n"
    )
    tifffile.imwrite(tmp_path / "m.tif", np.zeros((COUNT, 40, 60), np.uint8))
    files = {"segmentation": "m.tif", "shapes": "s.csv", "tracks": "t.csv", "points": "p.csv"}
    made = planned(**{kind: tmp_path / name for kind, name in files.items()})
    assert [(each.look.name, each.look.source) for each in made.timeline.drawings] == [
        (name, name) for name in files.values()
    ]
    assert [(each.kind, each.file, each.path) for each in made.drawn] == [
        (kind, name, tmp_path / name) for kind, name in files.items()
    ]
    assert [each.is_of_images for each in made.drawn] == [True, False, False, False]
    assert made.notes == ()
    for kind in ("tracks", "points", "shapes"):
        assert refused(**{kind: tmp_path}) == f"array: {kind}: {tmp_path}: is a folder; name a file"


def grey_of(drawing, count=1):
    """The numbers in the label images of a drawing, as one for each."""
    images = drawing.images.select(range(count))
    return [int(image[20, 30]) for image in images.read_frames(t2v.CropBox(60, 40, 0, 0))]


def test_label_images_of_the_part_that_is_shown(tmp_path):
    """Of the position, the slice and the axis that are shown of the data."""
    numbers = np.arange(1, 13, dtype=np.uint16).reshape(2, 2, 3, 1, 1)  # P, T, Z
    masks = numbers + np.zeros((40, 60), np.uint16)
    for name, data in (("data", masks * 0), ("masks", masks)):
        with tifffile.TiffWriter(tmp_path / f"{name}.ome.tif", ome=True) as writer:
            for image in data:
                writer.write(image, metadata={"axes": "TZYX"}, photometric="minisblack")
    source, given = tmp_path / "data.ome.tif", tmp_path / "masks.ome.tif"
    above = "of objects in masks.ome.tif that lie above each other, the largest number is drawn"
    for options, expected, said in (
        ({"position": 0}, [3, 6], [above]),
        ({"position": 1}, [9, 12], [above]),
        ({"position": 1, "z": "mean"}, [9, 12], [above]),
        ({"position": 1, "z": 0}, [7, 10], []),
        ({"position": 0, "z": 1}, [2, 5], []),
        ({"position": 0, "play": "Z"}, [1, 2, 3], []),
    ):
        made = planned(source, segmentation=given, **options)
        assert grey_of(made.timeline.drawings[0], len(expected)) == expected
        assert [note for note in made.notes if "masks" in note and "above" in note] == said


def test_label_images_of_positions_without_slices(tmp_path):
    masks = np.arange(1, 5, dtype=np.uint16).reshape(2, 2, 1, 1) + np.zeros((40, 60), np.uint16)
    for name, data in (("data", masks * 0), ("masks", masks)):
        with tifffile.TiffWriter(tmp_path / f"{name}.ome.tif", ome=True) as writer:
            for image in data:
                writer.write(image, metadata={"axes": "TYX"}, photometric="minisblack")
    made = planned(tmp_path / "data.ome.tif", segmentation=tmp_path / "masks.ome.tif", position=1)
    assert grey_of(made.timeline.drawings[0], 2) == [3, 4]
    assert made.notes == ("position Image1 of 2",)


@pytest.mark.parametrize(
    ("options", "mark"),
    [
        ({"anchor": True}, AnchorMark("dot", None, (255, 0, 0))),
        ({"anchor_style": "cross"}, AnchorMark("cross", None, (255, 0, 0))),
        ({"anchor_size": 8, "anchor_colour": "lime"}, AnchorMark("dot", 8, (0, 255, 0))),
        ({"anchor_colour": "#010203"}, AnchorMark("dot", None, (1, 2, 3))),
    ],
)
def test_the_anchor_is_as_it_was_asked_for(options, mark):
    assert planned(**options).picture.overlay.anchor == mark


MARKS = {
    "scale_bar": ({"scale_bar": True, "pixel_size": 1}, "bottom-right"),
    "timestamp": ({"timestamp": True, "frame_interval": 1}, "top-left"),
    "label": ({"label": "x"}, "bottom-left"),
    "event": ({"event": "1=x", "frame_interval": 1}, "bottom-left"),
    "legend": ({"legend": True}, "top-right"),
    "colour_bar": ({"colour_bar": True}, "top-right"),
}


@pytest.mark.parametrize("mark", MARKS)
def test_the_corner_of_each_mark(mark):
    """In 300x200 pixels, whose margin is a 40th of 200: 5 pixels."""
    options, usual = MARKS[mark]
    for corner in (None, "top-left", "top-right", "bottom-left", "bottom-right"):
        at = {} if corner is None else {f"{mark}_corner": corner}
        overlay = planned(width=300, **options, **at).picture.overlay
        extents = [extent[1:] for extent in overlay.extents((200, 300))]
        top, left = (min(extent[n] for extent in extents) for n in (0, 1))
        bottom, right = (max(extent[n] + extent[n + 2] for extent in extents) for n in (0, 1))
        found = (
            {top == 5: "top", bottom == 195: "bottom"}[True],
            {left == 5: "left", right == 295: "right"}[True],
        )
        assert "-".join(found) == (corner or usual)
        if mark != "scale_bar":  # whose length is above its middle
            aligned = [text.align for text in overlay.texts]
            on_right = mark == "timestamp" or found[1] == "right"
            assert aligned == ([] if mark == "colour_bar" else [float(on_right)])


@pytest.mark.parametrize("corner", ["top-right", "bottom-right"])
def test_the_legend_lists_channels_from_the_first_to_the_last(corner):
    viridis = colour_table("viridis")
    stack = shown_as(Display(invert=True), Display(colours=viridis), Display())
    names = ["a{b}", "", "c"]
    named = (replace(each, name=n) for each, n in zip(stack.channels, names, strict=True))
    stack = replace(stack, channels=tuple(named))
    legend, bar = {"legend_corner": corner}, {"colour_bar_corner": corner}
    made = planned(stack, **legend, **bar)
    overlay = made.picture.overlay
    texts = sorted(overlay.texts, key=lambda text: text.top)
    assert [text.says.at(made.timeline[0]) for text in texts] == ["a{b}", "channel 1", "c"]
    white = (255, 255, 255)
    assert [text.colour for text in texts] == [white, tuple(viridis[-3:]), white]
    bars = sorted(overlay.colour_bars, key=lambda bar: bar.top)
    assert [bar.channel for bar in bars] == [0, 1, 2]
    grey = bytes(level for level in range(256) for _ in range(3))
    assert [bar.colours for bar in bars] == [grey[::-1], viridis, grey]
    assert all(text.top < bar.top for text, bar in zip(texts, bars, strict=True))
    assert planned(stack, **legend).picture.overlay.colour_bars == ()
    assert planned(stack, **bar).picture.overlay.texts == ()
    assert refused(RGB, colour_bar=True) == (
        "array: colour_bar: is for grey images, and these are in colour"
    )


def test_how_the_time_of_a_single_frame_is_written():
    """By the interval, as there is no step; a source beside others may lack it."""
    for interval, unit in ((0.5, "ms"), (7, "s"), (90, "min")):
        made = planned(black(1), timestamp=True, frame_interval=interval)
        (text,) = made.picture.overlay.texts
        assert text.says == Template("{time}", TimeFormat(unit))
    unknown = "the time from frame to frame is not known; give it with --frame-interval, such as"
    assert refused(black(1), timestamp=True) == f"array: timestamp: {unknown} 5min"
    beside = planned(black(1), timestamp=True, event="1=x", panels="sources")
    assert (beside.timeline.times_s, len(beside.picture.overlay.texts)) == (None, 1)
    two = black(2)
    assert refused(two, timestamp=True, panels="sources") == f"array: timestamp: {unknown} 5min"


def test_what_a_label_says():
    made = planned(label="{{{name}}} {channel} {frame}: {time}", frame_interval=5, frames="1::2")
    (text,) = made.picture.overlay.texts
    assert [text.says.at(tick) for tick in made.timeline] == [
        "{array} 0 1: 5 s", "{array} 0 3: 15 s", "{array} 0 5: 25 s",
    ]  # fmt: skip


def test_names_that_the_font_lacks():
    stack = dataclasses.replace(t2v.open_stack(black()), name="薬")
    lacks = (
        "is '薬': the font (Open Sans) has no '薬' (U+85AC); write it with Latin, Greek or "
        "Cyrillic letters"
    )
    assert refused(stack, label="{name}") == f"薬: label: {{name}} {lacks}"
    channel = dataclasses.replace(stack.channels[0], name="薬")
    legend = dataclasses.replace(stack, name="x", channels=(channel,))
    assert refused(legend, legend=True) == f"x: legend {lacks}"
    assert refused(legend, label="{channel}") == f"x: label: {{channel}} {lacks}"


def test_what_came_with_a_stack_and_raw_counts():
    brought = Points(Look("spots"), np.array([5.0]), np.array([5.0]), frames=np.arange(COUNT))
    stack = dataclasses.replace(t2v.open_stack(black()), drawings=(brought,))
    made = planned(stack, arrays={"points": POINT})
    assert made.timeline.drawings[0] is brought
    assert [(each.kind, each.file, each.objects) for each in made.drawn] == [
        ("points", "spots", 1), ("points", "", 1),
    ]  # fmt: skip
    named = dataclasses.replace(brought, look=Look("spots", "s.csv"))
    made = planned(dataclasses.replace(stack, drawings=(named,)))
    assert str(made.drawn[0]) == "1 point of s.csv"
    raw = planned(stack, raw=True)
    assert raw.notes[0] == "raw counts are written as they are, without spots"
    assert (raw.timeline.drawings, raw.drawn) == ((), ())
    assert refused(stack, raw=True, arrays={"tracks": POINT, "points": POINT}) == (
        "array: raw: counts are written as they are; leave out tracks, points"
    )


def test_facts_of_what_is_drawn():
    drawn = Drawn("tracks", "t.csv", 3, 1, "abc", path="t.csv", noun="track")
    assert drawn.to_dict() == {
        "kind": "tracks", "file": "t.csv", "objects": 3, "left_out": 1, "sha256": "abc",
    }  # fmt: skip
    assert Drawn("tracks", "", 0).to_dict() == {"kind": "tracks", "objects": 0, "left_out": 0}
    assert (drawn.is_of_images, Drawn("x", "m", 1, path="m").is_of_images) == (False, True)
    assert not Drawn("x", "m", 1).is_of_images
    assert drawn == dataclasses.replace(drawn, path=None, noun="other")


# --- channels side by side ----------------------------------------------------------------------


def test_panels_of_channels():
    two = np.zeros((COUNT, 2, 40, 60), np.uint16)
    options = {"axes": "TCYX", "panels": "channels", "width": 120}
    made = planned(two, scale_bar=True, pixel_size=1, title="x", codec="gif", fps=30, **options)
    assert [panel.channels for panel in made.picture.panels] == [(0,), (1,), (0, 1)]
    assert (made.encoder.height, made.encoder.width, made.encoder.has_colour) == (80, 364, True)
    assert (made.scale_bar_um, made.title, made.title_frames) == (10, "x", 60)
    assert made.picture.overlay is None
    assert all(len(panel.picture.overlay.bars) == 1 for panel in made.picture.panels)
    colours, uneven = made.notes
    assert colours.startswith("the source does not tell")
    assert uneven.startswith(".gif counts time")
    once = planned(two, scale_bar=True, pixel_size=1, panel_marks="once", label="x", **options)
    assert [len(panel.picture.overlay.bars) for panel in once.picture.panels] == [0, 0, 0]
    # The name of each channel; and once the label, and the length of the bar.
    assert [len(panel.picture.overlay.texts) for panel in once.picture.panels] == [1, 1, 2]
    assert (len(once.picture.overlay.bars), len(once.picture.overlay.texts)) == (1, 2)
    assert once.scale_bar_um == 10
    own = planned(two, panel_marks="once", label="{channel}", **options)
    assert [len(panel.picture.overlay.texts) for panel in own.picture.panels] == [2, 2, 3]
    assert own.picture.overlay is None
    assert planned(two, channel="all", **options).frames == COUNT
    # The whole is large where none of its panels is.
    large = planned(two, title="x", title_duration=3, codec="gif", **options | {"width": 1500})
    assert large.title_frames == 30
    assert large.notes[1:] == (
        "a GIF hardly compresses: this one may have about 20 MB; a smaller width, fewer frames or "
        ".mp4 take less",
    )
    assert refused(two, channel=1, **options) == (
        "array: panels show all channels; leave out --channel or --panels"
    )
    assert refused(panels="channels") == "array: panels are for several channels, and it has one"


def test_panels_of_the_channels_of_a_position(tmp_path):
    path = tmp_path / "p.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for count in (2, 3):
            image = np.zeros((2, count, 20, 30), np.uint16)
            writer.write(image, metadata={"axes": "TCYX"}, photometric="minisblack")
    for position, channels in ((0, [(0,), (1,), (0, 1)]), (1, [(0,), (1,), (2,), (0, 1, 2)])):
        made = planned(path, panels="channels", position=position, width=100)
        assert [panel.channels for panel in made.picture.panels] == channels
        assert made.notes[0] == f"position Image{position} of 2"
    assert refused(path, panels="channels") == (
        f"{path}: 2 positions: Image0, Image1; add --position Image0 or each"
    )


def test_composites_are_shown_as_they_were_stored(tmp_path):
    data = noise((3, 2, 32, 120), low=3, high=247, dtype=np.uint8)
    path = write_composite(tmp_path / "s.tif", data)
    made = planned(path, channel="all", contrast="stored")
    assert made.picture.limits == ((10, 201), (0, 101))

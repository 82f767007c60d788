"""The limits that frames of a series, and several sources, have in common."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise
from helpers.planning import planned

import napari_tif2video as t2v
from napari_tif2video import pipeline
from napari_tif2video.pipeline import Execution, Measured
from napari_tif2video.pipeline.limits import measure_sequence, measured_limits
from napari_tif2video.planning import plan, side_by_side


def measured(*frames, **others):
    return Measured(tuple((pair,) for pair in frames), (), (), **others)


def test_limits_that_sources_have_in_common():
    made = planned(noise((3, 24, 40)), contrast="global")
    parts = [measured((3.0, 9.0), (2.0, 8.0)), measured((4.0, 11.0), (5.0, 6.0))]
    assert pipeline.limits_of(made, parts) == (((2.0, 11.0),),)
    assert pipeline.limits_of(made, parts[1:]) == (((4.0, 11.0),),)


def test_limits_of_a_series_are_those_of_its_frames():
    stack = noise((5, 24, 40), low=100, high=900)
    stack[2] = stack[2] // 2 + 20
    lows = [float(frame.min()) for frame in stack]
    highs = [float(frame.max()) for frame in stack]
    execution = Execution(workers=2)

    def limits(**options):
        made = planned(stack, width="full", **options)
        assert pipeline.known_limits(made) is None
        found = pipeline.series_limits(made, execution)
        assert pipeline.known_limits(made) is found
        assert pipeline.series_limits(made, None) is found  # measured once
        return found

    assert limits(contrast="global") == (((min(lows), max(highs)),),)
    assert limits(contrast="global", frames="2:4") == (((min(lows[2:4]), max(highs[2:4])),),)
    box = stack[:, 4:14, 6:26]
    assert limits(contrast="global", crop="20x10+6+4") == (((box.min(), box.max()),),)
    percent = limits(contrast="global", percentile=(2, 97))
    assert percent == ((pytest.approx(tuple(np.percentile(stack, (2, 97)))),),)
    auto = limits(contrast="auto")
    assert auto == ((pytest.approx(tuple(np.percentile(stack, (0.1, 99.9)))),),)
    assert len(limits(contrast="smooth")) == 5


def test_what_limits_depend_on():
    stack = t2v.open_stack(noise((5, 24, 40)))

    def key(**options):
        return pipeline.measured_key(plan(stack, t2v.VideoSettings(**options)))

    same = key(contrast="global", width=100)
    assert same == key(contrast="global", width=200, fps=3, gamma=2, timestamp=False)
    others = [
        key(contrast="global", width=100, crop="20x10"),
        key(contrast="global", width=100, frames="1:"),
        key(contrast="global", width=100, percentile=(1, 99)),
        key(contrast="global", width=100, on_error="skip"),
        key(contrast="smooth", width=100),
        key(contrast="smooth", width=200),
    ]
    assert len({same, *others}) == 7


def test_channels_that_are_the_same_ones():
    two = t2v.open_stack(noise((3, 2, 24, 40)), axes="TCYX")
    one = t2v.open_stack(noise((3, 24, 40)))

    def of(stack, **options):
        return plan(stack, t2v.VideoSettings(**options))

    plans = [
        of(two, channel=1),
        of(one),
        of(two, channel=0),
        of(two, channel=1),
        of(two, channel="all"),
    ]
    assert [len(p.stack.channels) for p in plans] == [1, 1, 1, 1, 2]
    assert pipeline.groups_of_channels(plans) == [[0, 3], [1, 2], [4]]
    assert pipeline.groups_of_channels([of(two, channel="all"), of(one)]) == [[0], [1]]


def test_channels_of_one_name_are_the_same_ones_wherever_they_are(tmp_path):
    plans = []
    for names in (("DAPI", "GFP"), ("GFP", "RFP")):
        path = tmp_path / f"{names[0]}.ome.tif"
        metadata = {"axes": "TCYX", "Channel": {"Name": list(names)}}
        tifffile.imwrite(path, noise((2, 2, 24, 40)), metadata=metadata)
        plans.append(planned(path, channel="GFP"))
    assert [p.stack.channels[0].number for p in plans] == [1, 0]
    assert pipeline.groups_of_channels(plans) == [[0, 1]]
    every = [planned(path, channel="all"), planned(noise((2, 24, 40)), channel="all")]
    assert pipeline.groups_of_channels(every) == [[0], [1]]


def test_panels_of_one_channel_have_limits_in_common():
    two, one = noise((3, 2, 24, 40), low=100, high=900), noise((3, 24, 40), low=50, high=700)
    settings = t2v.VideoSettings(panels="sources", contrast="batch", width="full")
    stack = t2v.open_stack(two, axes="TCYX")
    first, second = (plan(stack, dataclasses.replace(settings, channel=n)) for n in (0, 1))
    made = side_by_side([first, second, plan(t2v.open_stack(one), settings)], settings)
    common = ranges_of(np.stack([two[:, 0], one]))
    assert pipeline.series_limits(made, Execution(workers=1)) == (
        (common, ranges_of(two[:, 1]), common),
    )


def test_the_memory_of_prepared_frames():
    grey, colours = noise((7, 40, 200)), noise((7, 40, 200, 3))

    def nbytes(source, **options):
        return pipeline.prepared_nbytes(planned(source, **options))

    assert nbytes(grey, width="full") == 7 * 40 * 200 * 2
    assert nbytes(grey, width=100) == 7 * 20 * 100 * 2
    assert nbytes(grey, width=400) == 7 * 80 * 400 * 4
    assert nbytes(grey, width="full", frames="2:5") == 3 * 40 * 200 * 2
    assert nbytes(grey, width=100, crop="100x20") == 7 * 20 * 100 * 2
    assert nbytes(colours, width="full") == 3 * 7 * 40 * 200 * 2
    assert nbytes(grey.astype(np.float32), width="full") == 7 * 40 * 200 * 4
    assert nbytes(grey.astype(np.uint8), width="full") == 7 * 40 * 200
    both = t2v.open_stack(noise((7, 2, 40, 200)), axes="TCYX")
    options = t2v.VideoSettings(width="full", channel="all")
    assert pipeline.prepared_nbytes(plan(both, options)) == 2 * 7 * 40 * 200 * 2


def test_frames_are_rendered_with_the_limits_of_each():
    stack = noise((4, 24, 40), low=100, high=900)
    made = planned(stack, width="full", contrast="smooth")
    limits = tuple(((100.0 * number, 1000.0),) for number in range(4))
    found = list(pipeline.rendered(made, [3, 1], limits))
    assert [stats.limits for _, stats in found] == [limits[3], limits[1]]
    for (image, _), index in zip(found, (3, 1), strict=True):
        low = 100.0 * index
        grey = np.rint(np.clip((stack[index] - low) / (1000 - low), 0, 1) * 255)
        np.testing.assert_allclose(image[..., 0], grey, atol=1)
        assert image.shape == (24, 40, 3)
    (_, same) = next(pipeline.rendered(made, [2], limits[1:2]))
    assert same.limits == limits[1]


def both_of(sources, **options):
    """The plan of sources side by side, and the plan of each."""
    settings = t2v.VideoSettings(panels="sources", width="full", **options)
    own = [plan(t2v.open_stack(source), settings) for source in sources]
    return side_by_side(own, settings), own


def ranges_of(frames):
    return float(frames.min()), float(frames.max())


def test_limits_of_sources_side_by_side():
    left = noise((5, 24, 40), low=100, high=900)
    right = noise((3, 30, 40), low=50, high=2000)
    execution = Execution(workers=2)

    def limits(**options):
        made, own = both_of((left, right), **options)
        return pipeline.series_limits(made, execution), made, own

    pairs = ranges_of(left), ranges_of(right)
    assert limits(contrast="global")[0] == (pairs,)
    common = min(pairs[0][0], pairs[1][0]), max(pairs[0][1], pairs[1][1])
    assert limits(contrast="batch")[0] == ((common, common),)
    found, _, _ = limits(contrast="global", percentile=(2, 97))
    percent = [tuple(np.percentile(frames, (2, 97))) for frames in (left, right)]
    assert found == (tuple(pytest.approx(pair) for pair in percent),)
    found, made, own = limits(contrast="smooth")
    smoothed = [pipeline.series_limits(each, execution) for each in own]
    moments = list(zip(*made.places, strict=True))
    assert len(found) == len(moments) == made.frames == 5
    assert {second for _, second in moments} == {0, 1, 2}
    assert list(found) == [smoothed[0][a] + smoothed[1][b] for a, b in moments]


@pytest.mark.parametrize("keep", [True, False])
def test_what_was_prepared_of_sources_side_by_side(keep):
    left, right = noise((5, 24, 40), high=900), noise((3, 30, 40), high=2000)
    made, _ = both_of((left, right), contrast="global", percentile=(1, 99))
    seen = []
    with Execution(workers=1, progress=seen.append).run(made) as run:
        _, measured = measured_limits(made, run, keep=keep)
    # Of eight frames of the sources, for five moments.
    assert (seen[-1].phase, seen[-1].done, seen[-1].total) == ("measuring", 8, 8)
    assert [int(found.numbers.sum()) for found in measured.histograms] == [left.size, right.size]
    assert (measured.ranges, measured.levels) == ((), ())
    if not keep:
        assert measured.chunks is None
        return
    moments = [frames for chunk in measured.chunks for frames in chunk.frames]
    assert len(moments) == 5
    for (a, b), (first, second) in zip(moments, zip(*made.places, strict=True), strict=True):
        np.testing.assert_array_equal(a.pixels, left[first])
        np.testing.assert_array_equal(b.pixels, right[second])


def test_smoothed_limits_of_sources_with_gaps(tmp_path):
    """What is left out of one of them has the limits of the frame before, as it is alone."""
    folder = write_folder(tmp_path / "pos", noise((6, 24, 40), low=100, high=900))
    right = noise((6, 30, 40), low=50, high=2000)
    execution = Execution(workers=1)
    made, own = both_of((folder, right), contrast="smooth", on_error="skip")
    shared, _ = both_of((folder, right), contrast="global", on_error="skip")
    for name in ("t0.tif", "t3.tif"):
        (folder / name).write_bytes(b"II*\0")
    found = pipeline.series_limits(made, execution)
    alone = [pipeline.series_limits(each, execution) for each in own]
    assert alone[0][3] == alone[0][2] != alone[0][4]
    assert list(found) == [a + b for a, b in zip(*alone, strict=True)]
    whole = np.stack([tifffile.imread(folder / f"t{n}.tif") for n in (1, 2, 4, 5)])
    assert pipeline.series_limits(shared, execution) == ((ranges_of(whole), ranges_of(right)),)


@pytest.mark.parametrize("keep", [False, True])
def test_what_is_measured_for_each_kind_of_limits(keep):
    """Only what the limits need; and all frames as they are shown, where they fit into memory."""
    stack = noise((20, 24, 40), low=100, high=900)
    ranges = tuple((ranges_of(frame),) for frame in stack)

    def measured(**options):
        made = planned(stack, width="full", **options)
        with Execution(workers=2).run(made) as run:
            found = measure_sequence(made, run, keep=keep)
        assert len(found.ranges) == 20
        kept = [frames for chunk in found.chunks or () for frames in chunk.frames]
        assert len(kept) == 20 * keep
        for (frame,), counts in zip(kept, stack, strict=False):
            np.testing.assert_array_equal(frame.pixels, counts)
        return found.ranges, len(found.levels), [int(h.numbers.sum()) for h in found.histograms]

    assert measured(contrast="global") == (ranges, 0, [])
    assert measured(contrast="global", percentile=(2, 97))[1:] == (0, [stack.size])
    assert measured(contrast="auto")[1:] == (0, [stack.size])
    assert measured(contrast="smooth") == (ranges, 20, [])
    own, *others = measured(contrast="smooth", percentile=(2, 97))
    assert others == [20, []]
    wanted = [np.percentile(frame, (2, 97)) for frame in stack]
    np.testing.assert_allclose([pair for (pair,) in own], wanted)

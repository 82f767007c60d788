"""Numbers as people read them."""

from __future__ import annotations

import pytest

import napari_tif2video as t2v
from napari_tif2video.units import counted, percent

SHARES = [
    (0, "0 %"), (0.0000001, "0.00001 %"), (0.0057, "0.57 %"), (0.0349, "3.5 %"), (0.35, "35 %"),
    (0.996, "100 %"), (1, "100 %"),
]  # fmt: skip


@pytest.mark.parametrize(("share", "text"), SHARES)
def test_a_share_is_written_without_powers_of_ten(share, text):
    assert percent(share) == text


def test_one_is_no_plural():
    assert [counted(n, "frame") for n in (0, 1, 2)] == ["0 frames", "1 frame", "2 frames"]


TIMES = [
    ("5", 5), ("250us", 250e-6), ("250 ms", 0.25), ("5 s", 5), ("5sec", 5), ("5 min", 300),
    ("1.5h", 5400), ("1 h 30 min", 5400), ("2d", 172800),
]  # fmt: skip


@pytest.mark.parametrize(("text", "seconds"), TIMES)
def test_times_as_people_write_them(text, seconds):
    assert t2v.VideoSettings(frame_interval=text).frame_interval == pytest.approx(seconds)

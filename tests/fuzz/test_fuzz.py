"""A few of the mutations of `fuzz.py`, and those that once went wrong."""

from __future__ import annotations

import numpy as np
import pytest

import napari_tif2video as t2v

fuzz = pytest.importorskip("fuzz", reason="needs the usage of a process, which Windows lacks")

OF_EACH = 12
# Mutations that were read wrongly (pages unlike those beside them), or refused in no words of ours.
ONCE_WRONG = [
    ("bigtiff", 1744),
    ("bigtiff", 4017),
    ("bigtiff", 4943),
    ("bigtiff", 8766),
    ("rgb", 3350),
    ("float", 703),
    ("float", 770),
    ("recipe", 1234),
    ("recipe", 2227),
    ("recipe", 5757),
    ("ome-xml", 631),
    ("ome-xml", 5006),
    ("ndtiff", 7222),
    ("tracks-csv", 490),
]


@pytest.mark.parametrize("kind", fuzz.TIFFS)
def test_the_whole_files_are_read_as_they_are(tmp_path, kind):
    """Else their mutations would prove little."""
    stack = t2v.open_stack(fuzz.TIFFS[kind](tmp_path))
    assert len(stack) >= 1
    if stack.shape == fuzz.FRAMES.shape and stack.dtype == np.uint16:
        np.testing.assert_array_equal(stack.data.compute(), fuzz.FRAMES)
    if stack.shape == fuzz.HYPER.shape:
        np.testing.assert_array_equal(stack.data.compute(), fuzz.HYPER)


@pytest.mark.parametrize("kind", fuzz.KINDS)
def test_mutations(kind):
    for number in range(OF_EACH):
        fuzz.check(kind, number)


@pytest.mark.parametrize(("kind", "number"), ONCE_WRONG)
def test_mutations_that_were_found(kind, number):
    fuzz.check(kind, number)

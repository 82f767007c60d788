"""How encoded segments wait, in memory and on a disk."""

from __future__ import annotations

import struct

import pytest

import napari_tif2video as t2v
from napari_tif2video.encode import (
    EncodedSegment,
    FrameCheck,
    Spool,
    container,
    encoder,
    packed,
    unpacked,
)


def segment(count, nbytes=5, delay=2):
    packets = tuple(
        encoder.Packet(bytes([number]) * (nbytes + number), count - number, number % 2 == 0)
        for number in range(count)
    )
    return EncodedSegment(packets, b"sets", b"the header", delay)


def test_a_segment_that_waits(tmp_path):
    """Checks are not kept, and what is written does not change: runs are taken up again with it."""
    one = segment(2)
    expected = struct.pack("<IiQQ", 2, 2, 4, 10) + b"setsthe header"
    expected += struct.pack("<I?Q", 2, True, 5) + bytes(5)
    expected += struct.pack("<I?Q", 1, False, 6) + b"\1" * 6
    assert packed(one) == expected
    assert unpacked(expected) == one
    full = EncodedSegment(one.packets, b"sets", b"the header", -1, 3.0, (FrameCheck(1, 0.0, 0.0),))
    assert unpacked(packed(full)) == segment(2, delay=-1)
    for there, needed in ((0, 24), (23, 24), (25, 4), (37, 10), (38, 13), (53, 5), (70, 6)):
        begun = {24: 0, 4: 24, 10: 28, 13: 38, 5: 51, 6: 69}[needed]
        with pytest.raises(EOFError) as raised:
            unpacked(expected[:there])
        assert str(raised.value) == f"{there - begun} of {needed} bytes are there"
    spool = Spool(tmp_path)
    some = [segment(0), one, segment(3, delay=0)]
    for each in some:
        spool.append(each)
    assert list(spool) == list(spool) == some
    spool.append(one)
    assert list(spool) == [*some, one]
    spool.close()


@pytest.mark.parametrize(("nbytes", "in_memory"), [(2**20 - 200, True), (2**20 + 1, False)])
def test_where_segments_wait(tmp_path, monkeypatch, nbytes, in_memory):
    begun = []
    usual = container.SpooledTemporaryFile

    def begin(*args, **how):
        begun.append((how, usual(*args, **how)))
        return begun[0][1]

    monkeypatch.setattr(container, "SpooledTemporaryFile", begin)
    spool = Spool(tmp_path)
    assert list(spool) == []
    spool.append(segment(1, nbytes))
    ((how, file),) = begun
    assert how == {"dir": str(tmp_path), "prefix": ".tif2video-", "suffix": ".part"}
    assert isinstance(file.name, int) is not in_memory
    spool.close()
    assert file.closed


def test_a_spool_on_a_bad_disk(tmp_path, monkeypatch):
    spool = Spool(tmp_path)

    class Bad:
        def writelines(self, _):
            raise OSError(28, "No space left on device")

        def close(self):
            raise OSError(28, "No space left on device")

    usual = spool._file
    with monkeypatch.context() as patched:
        patched.setattr(spool, "_file", Bad())
        with pytest.raises(t2v.EncodingError) as raised:
            spool.append(segment(1))
        said = "the video cannot be written ([Errno 28] No space left on device)"
        assert str(raised.value) == said
        spool.close()
    usual.close()

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


def segment(count, nbytes=5):
    packets = tuple(
        encoder.Packet(bytes([number]) * (nbytes + number), count - number, number % 2 == 0)
        for number in range(count)
    )
    return EncodedSegment(packets, b"sets", b"the header")


def test_a_segment_that_waits(tmp_path):
    """Checks are not kept, and what is written does not change: runs are taken up again with it."""
    one = segment(2)
    expected = struct.pack("<IQQ", 2, 4, 10) + b"setsthe header"
    expected += struct.pack("<I?Q", 2, True, 5) + bytes(5)
    expected += struct.pack("<I?Q", 1, False, 6) + b"\1" * 6
    assert packed(one) == expected
    assert unpacked(expected) == one
    full = EncodedSegment(one.packets, b"sets", b"the header", 3.0, (FrameCheck(1, 0.0, 0.0),))
    assert unpacked(packed(full)) == segment(2)
    for there, needed in ((0, 20), (19, 20), (21, 4), (33, 10), (34, 13), (49, 5), (66, 6)):
        begun = {20: 0, 4: 20, 10: 24, 13: 34, 5: 47, 6: 65}[needed]
        with pytest.raises(EOFError) as raised:
            unpacked(expected[:there])
        assert str(raised.value) == f"{there - begun} of {needed} bytes are there"
    spool = Spool(tmp_path)
    some = [segment(0), one, segment(3)]
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

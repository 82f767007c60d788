"""Calls that are refused."""

from __future__ import annotations

import pytest

import napari_tif2video as t2v


def refusal(error, work, *args, **options):
    """What a call says that ends in this error."""
    with pytest.raises(error) as caught:
        work(*args, **options)
    return str(caught.value)


def error_of(source):
    """What is said of a source that cannot be opened."""
    return refusal(t2v.SourceError, t2v.open_stack, source)

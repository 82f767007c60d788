"""Calls that are refused."""

from __future__ import annotations

import pytest


def refusal(error, work, *args, **options):
    """What a call says that ends in this error."""
    with pytest.raises(error) as caught:
        work(*args, **options)
    return str(caught.value)

"""What the video will show: its current frame, or all of them as a movie that is in no file."""

from .frames import auto_limits, box_at
from .picture import Picture, qt_image
from .result import ResultPreview

__all__ = ["Picture", "ResultPreview", "auto_limits", "box_at", "qt_image"]

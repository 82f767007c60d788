"""What the video will show: its current frame, or all of them as a movie that is in no file."""

from .frames import auto_limits
from .picture import Picture, qt_image
from .result import ResultPreview

__all__ = ["Picture", "ResultPreview", "auto_limits", "qt_image"]

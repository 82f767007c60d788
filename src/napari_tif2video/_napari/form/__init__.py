"""The settings of a video as a form, and back: a row for every setting, in groups."""

from .basic import FOLDER_CONTRASTS, LAYER_CONTRASTS
from .form import SettingsForm

__all__ = ["FOLDER_CONTRASTS", "LAYER_CONTRASTS", "SettingsForm"]

"""What the Create button does: from the form to a run that is under way."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_error

from ..errors import SettingsError, Tif2VideoError, describe
from ..settings import VideoSettings
from ..videos import SourceJob
from .destination import stored
from .jobs import RowStates, folder_jobs, layer_jobs, settle_existing

if TYPE_CHECKING:
    from .widget import TiffToVideo


class Starter:
    """Starts the run of a panel, and shows in its rows how it goes."""

    def __init__(self, panel: TiffToVideo) -> None:
        self._panel = panel
        self._rows: RowStates | None = None

    def start(self) -> bool:
        """Start what the form says; False if something is missing or the user cancels.

        Layers are planned already. Folders and files are opened and planned in the background:
        a hundred of them on a network drive take their time.
        """
        panel = self._panel
        if panel.run.is_running:
            return False
        try:
            settings, options = panel.form.settings, panel.run_options.chosen
            begin = partial(self._begin, settings, options, panel.is_folder_mode)
            if not panel.is_folder_mode:
                if panel.plan is None:
                    raise SettingsError(panel.reason.text() or "choose a layer first")
                has_sidecar = "sidecar" in options
                return begin(layer_jobs(panel.plan, panel.destination, sidecar=has_sidecar))
            if not panel.folders.count:
                raise SettingsError("add a folder first")
        except Tif2VideoError as exc:
            show_error(describe(exc))
            return False
        where = panel.destination.folder, panel.destination.file_name
        plan = partial(
            folder_jobs, panel.folders.paths, settings, *where, sidecar="sidecar" in options
        )
        panel.run.prepare(plan, begin)
        panel.create_button.setEnabled(False)
        return True

    def _begin(
        self,
        settings: VideoSettings,
        options: Collection[str],
        in_folders: bool,
        jobs: list[SourceJob],
    ) -> bool:
        panel = self._panel
        overwrite = settle_existing(jobs, panel.existing.value, panel) if jobs else None
        if overwrite is None:
            return False
        stored().setValue("settings", settings.to_json())
        panel.run_options.remember()
        self._rows = RowStates(panel.folders, jobs) if in_folders else None
        panel.run.start(
            jobs, overwrite=overwrite, on_state=self._on_state, verify="verify" in options
        )
        return True

    def _on_state(self, index: int, name: str | None, state: str, why: str) -> None:
        if self._rows is not None:
            self._rows.show(index, name, state, why)
        self._panel.create_button.setEnabled(not self._panel.run.is_running)

"""Which frames cannot be read, where these may be left out.

That is asked once a frame has failed: as long as all is well, nothing is read for it.
"""

from __future__ import annotations

from functools import partial

from ..data import Frames, need_dask
from ..errors import SourceError
from ..geometry import CropBox
from ..planning import Plan, side_by_side
from .engine import Execution, step
from .tasks import segments_of, task_of


def without_bad_frames(plan: Plan, execution: Execution, exc: SourceError) -> Plan:
    """The plan without the frames that cannot be read.

    Raises
    ------
    SourceError
        That is `exc`, where frames may not be left out, and where all or none can be read.
    """
    if not plan.skips or plan.bad_frames:
        raise exc
    if plan.sources:
        return _sources_without(plan, execution, exc)
    errors: dict[int, str] = {}
    with execution.run(plan) as run:
        run.phase = "checking"
        what = (plan.picture.box, run.key)
        channels = [channel.frames for channel in plan.stack.channels]
        if any(map(need_dask, channels)):
            # A block that fails would end the graph of all others.
            errors = run.here(partial(_errors, *what, *channels))
        else:
            spans = segments_of(plan)
            tasks = [task_of(plan, span, _errors, *what) for span in spans]
            for span, found in zip(spans, run.compute(tasks, plan.frames), strict=True):
                errors |= {span[place]: error for place, error in found.items()}
    if not 0 < len(errors) < plan.frames:
        raise exc
    return plan.without(errors)


def _sources_without(plan: Plan, execution: Execution, exc: SourceError) -> Plan:
    """The same sources side by side, each without its frames that cannot be read."""
    kept = []
    for source in plan.sources:
        try:
            kept.append(without_bad_frames(source, execution, exc))
        except SourceError:  # all of its frames can be read, or none
            kept.append(source)
    if kept == list(plan.sources):
        raise exc
    return side_by_side(kept, plan.settings)


def _errors(box: CropBox, run: str, *channels: Frames) -> dict[int, str]:
    """What is wrong with each frame that cannot be read, by its place among these."""
    errors = {}
    for place in range(len(channels[0])):
        step(run)
        try:
            for frames in channels:
                for _ in frames.select([place]).read_frames(box):
                    pass
        except SourceError as exc:
            errors[place] = str(exc)
    return errors

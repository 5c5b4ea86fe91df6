"""The command before its work: what it was asked, and whether the packages that it takes are there."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence

from kube_headroom import telemetry, tracing
from kube_headroom.demo.options import read_options
from kube_headroom.errors import UsageError

EXTRA = ("aiohttp", "cronsim", "rich", "trustme")
"""The packages of the extra `demo`."""


def run(
    flags: Mapping[str, str | Sequence[str]],
    environment: Mapping[str, str],
    stop_on_signals: Callable[[], threading.Event],
) -> None:
    """Run the demo until a signal; raises UsageError for what the user must mend."""
    options = read_options(flags, environment)
    require_extra()
    telemetry.configure(level=options.exporter.log_level, log_format=options.exporter.log_format)
    telemetry.log_failed_threads()
    # Imported here: it needs the extra.
    from kube_headroom.demo.session import play  # noqa: PLC0415

    try:
        with tracing.exporting(environment):
            play(options, stop_on_signals)
    except BrokenPipeError:
        # Whoever read our lines is gone, as after `| head`; the interpreter's last flush must not fail over it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def list_incidents() -> str:
    """Return every incident with its cause, what is seen and what is paged, for people."""
    require_extra()
    from kube_headroom.demo.words import incident_list  # noqa: PLC0415

    return incident_list()


def require_extra() -> None:
    """Raise UsageError where a package of the extra is missing."""
    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the demo needs {', '.join(missing)}, which the extra `demo` brings: pip install 'kube-headroom[demo]'"
        )

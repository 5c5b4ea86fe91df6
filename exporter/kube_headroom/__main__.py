"""The command line: options from the settings' table, one clear line for what a user must mend."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

import click

from kube_headroom.demo import options as demo
from kube_headroom.errors import UsageError
from kube_headroom.settings import SETTINGS, Setting, read
from kube_headroom.slo_command import slo

PROGRAM = "kube-headroom"
USAGE_ERROR = 2
UNEXPECTED_ERROR = 1
INTERRUPTED = 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0, 2 for what the user must mend, 1 for what we must."""
    try:
        result = command_line.main(
            None if arguments is None else list(arguments), prog_name=PROGRAM, standalone_mode=False
        )
    except click.ClickException as error:
        return _refuse(error.format_message(), error.exit_code)
    except UsageError as error:
        return _refuse(str(error), USAGE_ERROR)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception:  # noqa: BLE001 - the last line of defence: logged with its traceback, secrets taken out
        return _log_unexpected()
    return result if isinstance(result, int) else 0


def _version(context: click.Context, _option: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's callback
    if asked:
        # Imported here: reading the distribution's metadata costs more than the rest of the command line.
        from importlib.metadata import version  # noqa: PLC0415

        click.echo(f"{PROGRAM} {version(PROGRAM)}")
        context.exit()


def _option(setting: Setting) -> click.Option:
    default = ", ".join(setting.default) if isinstance(setting.default, tuple) else setting.default
    return click.Option(
        [setting.flag, setting.field],
        multiple=setting.several,
        metavar=setting.kind.metavar,
        help=f"{setting.help}  [default: {default or setting.unset}; environment: {setting.variable}]",
    )


def _run(**flags: str | tuple[str, ...] | None) -> None:
    # Imported here: the API client, the server and the logs are nothing to `--version` and `--help`.
    from kube_headroom import telemetry  # noqa: PLC0415

    settings = read({name: value for name, value in flags.items() if value is not None}, os.environ)
    telemetry.configure(level=settings.log_level, log_format=settings.log_format)
    telemetry.log_failed_threads()
    from kube_headroom import app, tracing  # noqa: PLC0415

    with tracing.exporting(os.environ):
        app.run(settings, _stop_on_signals())


def _demo(**flags: str | tuple[str, ...] | None) -> None:
    # Imported here: what is simulated is nothing to `run`.
    from kube_headroom.demo import command  # noqa: PLC0415

    command.run({name: value for name, value in flags.items() if value is not None}, os.environ, _stop_on_signals)


def _list_incidents(context: click.Context, _option: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's callback
    if asked:
        from kube_headroom.demo import command  # noqa: PLC0415

        click.echo(command.list_incidents())
        context.exit()


def _stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM or SIGINT sets; a second signal ends the process at once."""
    stop = threading.Event()
    # Event.set takes a lock that the interrupted thread may hold; SimpleQueue.put is safe in a handler.
    arrived: queue.SimpleQueue[int] = queue.SimpleQueue()

    def handle(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        arrived.put(number)

    def wait() -> None:
        arrived.get()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
    threading.Thread(target=wait, name="signals", daemon=True).start()
    return stop


def _refuse(message: str, code: int) -> int:
    from kube_headroom.redaction import redact  # noqa: PLC0415

    click.echo(f"{PROGRAM}: error: {redact(' '.join(message.split()))}", err=True)
    return code


def _log_unexpected() -> int:
    import structlog  # noqa: PLC0415

    from kube_headroom import telemetry  # noqa: PLC0415

    if not structlog.is_configured():
        telemetry.configure()
    structlog.get_logger(__package__).exception("ended by an unexpected error; please report it")
    return UNEXPECTED_ERROR


@click.group(
    no_args_is_help=False,
    params=[
        click.Option(
            ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
        )
    ],
)
def command_line() -> None:
    """Workload-level headroom of a Kubernetes cluster as Prometheus metrics."""


command_line.add_command(
    click.Command(
        "run",
        callback=_run,
        params=[_option(setting) for setting in SETTINGS],
        help="Watch a cluster and serve its workloads' metrics. Settings come from these flags, else from the "
        "environment, else from the file that --config.file names.",
    )
)

command_line.add_command(
    click.Command(
        "demo",
        callback=_demo,
        params=[
            *(_option(setting) for setting in (*demo.SIMULATED, *demo.EXPORTERS)),
            click.Option(
                ["--list-incidents"], is_flag=True, is_eager=True, expose_value=False, callback=_list_incidents,
                help="Show every incident: its cause, what is seen, what should be paged.",
            ),
        ],
        help="Run a simulated cluster and the exporter that watches it, until Ctrl-C. Options come from these flags, "
        "else from the environment.",
    )
)  # fmt: skip

command_line.add_command(slo)

if __name__ == "__main__":
    sys.exit(main())

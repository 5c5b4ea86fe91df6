"""`kube-headroom slo`: the options of what owners do with SLO definitions before an exporter reads them."""

from __future__ import annotations

import click

from kube_headroom.settings import SETTINGS

ANNOTATION_PREFIX = next(setting.default for setting in SETTINGS if setting.name == "annotation-prefix")


@click.group(no_args_is_help=False)
def slo() -> None:
    """Check SLO definitions and make rules of them."""


@slo.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--annotation-prefix",
    default=ANNOTATION_PREFIX,
    show_default=True,
    help="Prefix of the annotations that are read, as in the exporter's settings.",
)
def validate(paths: tuple[str, ...], form: str, annotation_prefix: str) -> int:
    """Report every problem of SLO definitions.

    PATH is a file, a directory (every *.yaml and *.yml below it) or - for standard input; names refer across all
    of them. Exits with 2 if there are errors; warnings alone are none.
    """
    # Imported here: the parsers of YAML and PromQL are nothing to `--version` and `run --help`.
    from kube_headroom import slo_validation  # noqa: PLC0415

    return slo_validation.validate(paths, form, annotation_prefix)

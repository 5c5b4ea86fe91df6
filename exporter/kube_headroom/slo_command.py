"""`kube-headroom slo`: the options of what owners do with SLO definitions before an exporter reads them."""

from __future__ import annotations

from typing import TypedDict, Unpack

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


class RulesOptions(TypedDict):
    """What `slo rules` is told beside the definitions."""

    period: str
    out: str
    extra_labels: tuple[str, ...]
    form: str
    disable_alerts: bool
    disable_recordings: bool
    one_document: bool


@slo.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--period",
    type=click.Choice(["28d", "30d"]),
    default="30d",
    show_default=True,
    help="Period of the error budget, and with it the windows; a definition that names its own keeps it.",
)
@click.option(
    "-o", "--out", default="-", show_default=True, metavar="FILE", help="Where the rules go; - is standard output."
)
@click.option(
    "-l",
    "--extra-labels",
    multiple=True,
    metavar="KEY=VALUE",
    help="A label for all recording rules; can be given several times.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["auto", "prometheus", "kubernetes"]),
    default="auto",
    show_default=True,
    help="Rule files for Prometheus, PrometheusRule objects, or objects of objects and files of all else.",
)
@click.option("--disable-alerts", is_flag=True, help="Write no alerts.")
@click.option("--disable-recordings", is_flag=True, help="Write no recording rules.")
@click.option("--one-document", is_flag=True, help="Write one rule file, not one YAML document for each that is read.")
def rules(paths: tuple[str, ...], **options: Unpack[RulesOptions]) -> int:
    """Write the rules that Sloth 0.16 writes: the same groups, names, labels and expressions.

    PATH is as for `validate`; read are Sloth's prometheus/v1 and PrometheusServiceLevel, and OpenSLO v1alpha. What is
    wrong is told on standard error, and then nothing is written. The exporter and its own rules need none of this.
    """
    # Imported here, as above.
    from kube_headroom import slo_rules  # noqa: PLC0415

    return slo_rules.write(paths, slo_rules.wanted(**options))

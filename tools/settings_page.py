"""docs/settings.md from the settings' table: `python -m tools.settings_page` writes it."""

from __future__ import annotations

from pathlib import Path

from kube_headroom.demo.options import EXPORTERS, SIMULATED
from kube_headroom.settings import SETTINGS, Setting

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"

_INTRODUCTION = """\
<!-- Generated from exporter/kube_headroom/settings/table.py; `make generate` writes it. -->
# Settings

A setting has one name in three places: as a flag of `kube-headroom run`, as an environment variable, and as
a key of the YAML file that `--config.file` names. Flags win over the environment, the environment wins over
the file, the file wins over the defaults. All are read once, at the start.

```yaml
# kube-headroom run --config.file headroom.yaml
namespaces-denied: [kube-system, sandbox]
owner-keys:
  - example.com/team
  - team
counter-hold: 2m
log.level: warning
```

- The file is flat: `log.level: debug`, not `level` under `log`. A value is read as it is written, so `off`
  is the word and not YAML's false.
- A list is a YAML list in the file; in the environment and in a flag its items are separated by commas, and
  its flag may be repeated. A list that is given replaces the default one; an empty one empties it.
- A duration is one of Prometheus': `30s`, `5m`, `1h30m`, with the units `ms`, `s`, `m`, `h`, `d`, `w`, `y`.
- An unknown key, flag or `HEADROOM_` variable, or a value that is not what is expected, ends the program with
  exit code 2 and one line that says where it stands. The variables that Kubernetes makes for a Service called
  `headroom` (`HEADROOM_SERVICE_HOST` and their like) are passed over.
"""


_DEMO = """\
## `kube-headroom demo`

The demo takes {shared}
as `run` does, except that `log.level` is `warning` unless it is set, and settings of its own. It reads no file, and passes
the other variables of `run` over.
"""


def page() -> str:
    """The whole page."""
    run = (_section(setting, "##", in_file=setting.name != "config.file") for setting in SETTINGS)
    demo = (_section(setting, "###", in_file=False) for setting in SIMULATED)
    return "\n".join(
        [_INTRODUCTION, *run, _DEMO.format(shared=", ".join(f"`{each.name}`" for each in EXPORTERS)), *demo]
    )


def _section(setting: Setting, level: str, *, in_file: bool) -> str:
    separated = " (items separated by commas, may be repeated)" if setting.several else ""
    key = f"- File: `{setting.name}`\n" if in_file else ""
    return f"""\
{level} `{setting.name}`

{setting.help}

- Flag: `{setting.flag} {setting.kind.metavar}`{separated}
- Environment: `{setting.variable}`
{key}- Expects: {setting.kind.expected}
- Default: {_default(setting)}
"""


def _default(setting: Setting) -> str:
    texts = setting.default if isinstance(setting.default, tuple) else (setting.default,)
    return ", ".join(f"`{text}`" for text in texts if text is not None) or setting.unset


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

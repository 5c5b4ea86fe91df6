"""A cAdvisor page as large as a full node's: a recorded one, whose pod is there many times under other names."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

RECORDED = Path(__file__).parents[2] / "tests" / "fixtures" / "kubelet" / "1.36.3"

_COMMENT = re.compile(r"# (?:HELP|TYPE) (\S+)")
_IDENTIFIER = re.compile(r"[0-9a-f]{64}|(?<=pod)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_IMAGE = re.compile(r'image="localhost/([^":]+):1"')
_DIGITS = re.compile(r"(?<=} )[\d.]+(?= )")


def crowded(pods: int, *, node: str = "cgroup-v2") -> bytes:
    """Return the recorded page with as many pods, each of one container and its sandbox, in the order of a kubelet.

    Names have the length that they have in the field: three of twelve teams' namespaces, images by digest.
    """
    families: dict[str, list[str]] = {}
    comments: dict[str, list[str]] = {}
    name = ""
    for line in (RECORDED / node / "cadvisor.txt").read_text().splitlines():
        if found := _COMMENT.match(line):
            name = found[1]
            comments.setdefault(name, []).append(line)
        else:
            families.setdefault(name, []).append(line)
    text = []
    for name, rows in families.items():
        text += comments[name]
        alone = [row for row in rows if 'pod="burner-' not in row]
        repeated = [_renamed(row, number) for row in rows if 'pod="burner-' in row for number in range(pods)]
        text += sorted((*alone, *repeated))
    return "\n".join((*text, "")).encode()


def _renamed(row: str, number: int) -> str:
    team, workload = f"team-{number % 12:02}-production", f"checkout-service-{number:02}"

    def identifier(found: re.Match[str]) -> str:
        digest = hashlib.sha256(f"{found[0]} {number}".encode()).hexdigest()
        return (
            "-".join(digest[a:b] for a, b in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32)))
            if "-" in found[0]
            else digest
        )

    def image(found: re.Match[str]) -> str:
        digest = hashlib.sha256(f"{found[1]} of {team}".encode()).hexdigest()
        return f'image="registry.example.com/{team}/{found[1]}@sha256:{digest}"'

    row = _IMAGE.sub(image, _IDENTIFIER.sub(identifier, row))
    row = row.replace('namespace="shop"', f'namespace="{team}"').replace('pod="burner-', f'pod="{workload}-')
    row = row.replace('container="burn"', f'container="{workload}"')
    return _DIGITS.sub(lambda found: _counted(found[0], number), row)


def _counted(value: str, number: int) -> str:
    """Give every pod values of its own with as many digits."""
    return value if value == "0" else value[:-1] + str(number % 9 + 1)

"""Write the dashboards: `python -m dashboards`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from dashboards import cluster, headroom, slo, workload

FOLDER: Final = Path(__file__).parents[1] / "helm/headroom/generated/dashboards"
BOARDS: Final = (cluster.board, workload.board, slo.board, headroom.board)


def files() -> dict[Path, str]:
    """Return what stands in each file."""
    boards = [build() for build in BOARDS]
    return {
        FOLDER / f"{board.uid}.json": json.dumps(board.document(), indent=2, ensure_ascii=False) + "\n"
        for board in boards
    }


def main() -> None:
    """Write what the chart installs, and what anyone may import who has no chart; other files in the folder go."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    written = files()
    for stray in set(FOLDER.iterdir()) - set(written):
        stray.unlink()
    for file, text in written.items():
        file.write_text(text)


if __name__ == "__main__":
    main()

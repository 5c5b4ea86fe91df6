"""A served world for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulator.apiserver.stage import Stage, staged


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as found:
        yield found

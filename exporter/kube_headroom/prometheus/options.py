"""What the settings say of the server that PromQL SLIs are read from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Options(NamedTuple):
    """Where the server is, who we are to it, and how often it is asked; all times in seconds.

    `url` may have a path, under which `/api/v1/query` lies. Either a token file or a username with a password file
    says who we are; files are read again when they change. `tenant` is sent as X-Scope-OrgID. `series_limit` bounds
    what one query may return, `body_limit` its bytes once inflated. `scrape_interval` is that of the sources, `delay`
    how long after its time a scrape is stored for certain. `back_fill` is how far back the past is read, 0 for not.
    """

    url: str
    headers: Mapping[str, str] = {}
    bearer_token_file: Path | None = None
    username: str = ""
    password_file: Path | None = None
    certificate_authority: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    insecure: bool = False
    tenant: str = ""
    timeout: float = 10.0
    step: float = 60.0
    concurrency: int = 4
    series_limit: int = 10_000
    body_limit: int = 32 * 2**20
    scrape_interval: float = 30.0
    delay: float = 5.0
    back_fill: float = 2_592_000.0

"""One authenticated connection to the API server: raw bytes out, every wait bounded; refuses to follow redirects."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

import urllib3
from urllib3.exceptions import SSLError

from kube_headroom.cluster.credentials import Access, ConnectionSettingsError, find_access

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

CONNECT_TIMEOUT = 10.0  # seconds
JSON = "application/json"
UNAUTHORIZED = 401


class Connection:
    """GET requests to one API server, safe to share among threads.

    `access` is called at once and again when the server answers 401 or its certificate is not trusted any
    more: tokens, exec plugins, client certificates and authorities rotate while we run.
    """

    def __init__(self, access: Callable[[], Access]) -> None:
        self._load = access
        self._access = access()
        self._lock = threading.Lock()
        self._agent = f"kube-headroom/{version('kube-headroom')}"

    @classmethod
    def open(cls, kubeconfig: str | None = None, context: str | None = None) -> Connection:
        """Settings only, nothing is sent yet; raises ConnectionSettingsError."""
        return cls(find_access(kubeconfig, context))

    @property
    def server(self) -> str:
        """The server's URL."""
        return self._access.server

    @property
    def access(self) -> Access:
        """What requests are made with now; `refresh` replaces it."""
        return self._access

    def get(
        self,
        path: str,
        query: Mapping[str, str],
        *,
        accept: str = JSON,
        read_timeout: float,
        stream: bool = False,
    ) -> BaseHTTPResponse:
        """The server's answer whatever its status; a second one if the first was 401 and credentials could be renewed.

        `read_timeout` (seconds) bounds each wait for bytes, not the whole answer. With `stream` the body is
        left to be read. Raises urllib3's HTTPError, and OSError when a token file cannot be read.
        """
        access = self._access
        try:
            response = self._request(access, path, query, accept=accept, read_timeout=read_timeout, stream=stream)
            if response.status != UNAUTHORIZED:
                return response
        except SSLError:
            self.refresh(access)
            raise
        response.drain_conn()
        response.release_conn()
        access = self.refresh(access)
        return self._request(access, path, query, accept=accept, read_timeout=read_timeout, stream=stream)

    def _request(  # noqa: PLR0913  (one request, spelled out)
        self, access: Access, path: str, query: Mapping[str, str], *, accept: str, read_timeout: float, stream: bool
    ) -> BaseHTTPResponse:
        headers = {"Accept": accept, "User-Agent": self._agent}
        authorization = access.authorization()
        if authorization:
            headers["Authorization"] = authorization
        return access.pool.request(
            "GET",
            access.server + path,
            fields=query,
            headers=headers,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=read_timeout),
            retries=False,
            redirect=False,
            preload_content=not stream,
        )

    def refresh(self, refused: Access | None = None) -> Access:
        """Read the credentials again, once for all threads that were refused with the same ones.

        Settings that became unusable meanwhile leave the old ones in place: the server's refusal is the news.
        """
        with self._lock:
            if refused is not None and refused is not self._access:
                return self._access
            try:
                renewed = self._load()
            except ConnectionSettingsError:
                return self._access
            self._access.pool.clear()
            self._access = renewed
            return renewed

"""Pages of kubelets as bytes: kept connections, credentials, limits; one deadline for all of it.

Never follows a redirect, never retries what was answered, and shows no secret in what it raises.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections import OrderedDict
from contextlib import closing, suppress
from http.client import HTTPResponse
from importlib.metadata import version
from typing import NamedTuple

from kube_headroom.kubelet.addresses import Address
from kube_headroom.kubelet.body import whole
from kube_headroom.kubelet.connection import KubeletConnection
from kube_headroom.kubelet.descriptors import affordable
from kube_headroom.kubelet.failures import Failure, Reason, broken
from kube_headroom.kubelet.inflate import inflate
from kube_headroom.kubelet.trust import Shown, Trust
from kube_headroom.redaction import REDACTED

OK = 200
_BY_STATUS = {401: Reason.UNAUTHORIZED, 403: Reason.FORBIDDEN, 404: Reason.NOT_FOUND}
_REFUSAL_READ = 4096  # bytes; longer refusals are not read
_TEXT = "text/plain"
_RENEWABLE = frozenset({Reason.UNAUTHORIZED, Reason.CERTIFICATE})


class Limits(NamedTuple):
    """Seconds for one page in all, bytes of it over the wire and inflated, and connections kept while idle."""

    deadline: float = 10.0
    compressed: int = 16 * 2**20
    body: int = 32 * 2**20
    kept: int = 5_000


class Answer(NamedTuple):
    """A page as it came over the wire: `inflated` gives its text."""

    body: bytes
    compressed: bool
    limit: int

    def inflated(self) -> bytes:
        """Return the page's text; raises Failure if it is damaged or over the limit."""
        return inflate(self.body, self.limit) if self.compressed else self.body


class Client:
    """GET requests to kubelets, safe to share among threads; a kubelet's idle connection is kept for the next page."""

    def __init__(self, trust: Trust, limits: Limits) -> None:
        self._trust = trust
        self._limits = limits._replace(kept=affordable(limits.kept))
        self._lock = threading.Lock()
        self._idle: OrderedDict[Address, KubeletConnection] = OrderedDict()
        self._busy: set[KubeletConnection] = set()
        self.ended = False
        """Whether we hang up on everybody: what fails from then on is no kubelet's failure."""
        self._headers = {
            "Accept": "text/plain;version=0.0.4",
            "Accept-Encoding": "gzip",
            "User-Agent": f"kube-headroom/{version('kube-headroom')}",
        }

    def fetch(self, address: Address, path: str) -> Answer:
        """Return a page; raises Failure for everything else, after asking once more with renewed credentials if they were refused."""
        deadline = time.monotonic() + self._limits.deadline
        try:
            shown = self._trust.shown()
        except Exception as error:  # noqa: BLE001  (files, or whatever a plugin's output makes the kubernetes package raise)
            # Its text may quote what could not be read.
            raise Failure(Reason.CREDENTIALS, f"our own credentials cannot be read: {type(error).__name__}") from None
        try:
            return self._ask(address, path, shown, deadline)
        except Failure as failure:
            renewed = self._renewed(shown) if failure.reason in _RENEWABLE else None
            if renewed is None:
                raise
        return self._ask(address, path, renewed, deadline)

    def forget(self, address: Address) -> None:
        """Close the connection of a kubelet that is gone."""
        with self._lock:
            connection = self._idle.pop(address, None)
        if connection is not None:
            connection.close()

    def end(self) -> None:
        """Close everything and end every wait; may be called from any thread."""
        with self._lock:
            self.ended = True
            idle, busy = [*self._idle.values()], [*self._busy]
            self._idle.clear()
        for connection in idle:
            connection.close()
        for connection in busy:
            connection.interrupt()

    def _renewed(self, refused: Shown) -> Shown | None:
        try:
            return self._trust.renewed(refused)
        except Exception:  # noqa: BLE001  (as above; the refusal is the news)
            return None

    def _ask(self, address: Address, path: str, shown: Shown, deadline: float) -> Answer:
        connection = self._kept(address, shown.context)
        if connection is not None:
            try:
                return self._exchange(connection, path, shown, deadline)
            except _Closed:
                pass  # the kubelet gave the connection up while it was idle: nobody read the request
        return self._exchange(KubeletConnection(address, shown.context), path, shown, deadline)

    def _exchange(self, connection: KubeletConnection, path: str, shown: Shown, deadline: float) -> Answer:
        headers = self._headers | ({"Authorization": shown.authorization} if shown.authorization else {})
        reused = connection.sock is not None
        with self._lock:
            self._busy.add(connection)
        try:
            with closing(_begun(connection, path, headers, deadline, reused=reused)) as response:
                answer = self._read(response, shown)
        except Exception as error:
            connection.close()
            if isinstance(error, _Closed):
                raise
            raise broken(error) from None
        finally:
            with self._lock:
                self._busy.discard(connection)
        self._keep(connection)
        return answer

    def _read(self, response: HTTPResponse, shown: Shown) -> Answer:
        if response.status != OK:
            raise _refusal(response, shown)
        kind = response.getheader("Content-Type", "")
        if not kind.startswith(_TEXT):
            raise Failure(Reason.PAGE, f"the answer is {kind[:80] or 'of no type'}, not {_TEXT}")
        encoding = response.getheader("Content-Encoding", "identity").lower()
        if encoding not in ("gzip", "identity"):
            raise Failure(Reason.PAGE, f"the answer is encoded as {encoding[:80]}, which was not asked for")
        limits = self._limits
        compressed = encoding == "gzip"
        limit, setting = (
            (limits.compressed, "kubelet-compressed-size-limit")
            if compressed
            else (limits.body, "kubelet-body-size-limit")
        )
        return Answer(whole(response, limit, setting), compressed, limits.body)

    def _kept(self, address: Address, context: ssl.SSLContext) -> KubeletConnection | None:
        with self._lock:
            connection = self._idle.pop(address, None)
        if connection is None or connection.context is context:
            return connection
        connection.close()  # it was made with credentials or authorities that are no more
        return None

    def _keep(self, connection: KubeletConnection) -> None:
        if connection.sock is None:  # the kubelet closes it
            return
        surplus: KubeletConnection | None = connection
        with self._lock:
            if not self.ended:
                surplus = self._idle.pop(connection.address, None)
                self._idle[connection.address] = connection
                if surplus is None and len(self._idle) > self._limits.kept:
                    surplus = self._idle.popitem(last=False)[1]
        if surplus is not None:
            surplus.close()


class _Closed(Exception):  # noqa: N818  (no failure: the request is made again)
    """A kept connection was closed before a word of the answer."""


def _begun(
    connection: KubeletConnection, path: str, headers: dict[str, str], deadline: float, *, reused: bool
) -> HTTPResponse:
    try:
        return connection.ask(path, headers, deadline)
    except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
        if reused:
            raise _Closed from None
        raise


def _refusal(response: HTTPResponse, shown: Shown) -> Failure:
    """A failure from an HTTP status and the beginning of its body, which may hold what we sent."""
    said = ""
    if response.getheader("Content-Encoding") is None:
        with suppress(Failure):  # a refusal too long to be read says nothing more than its status
            said = whole(response, _REFUSAL_READ, "").decode("utf-8", "replace").strip()
    secret = shown.authorization.partition(" ")[2]
    if secret:
        said = said.replace(secret, REDACTED)
    if 300 <= response.status < 400:
        return Failure(Reason.REDIRECT, f"answered {response.status}")
    reason = _BY_STATUS.get(response.status, Reason.HTTP)
    return Failure(reason, f"answered {response.status}" + (f": {said}" if said else ""))

"""Questions to Prometheus' HTTP API: kept connections, credentials, limits; never a redirect, never a retry, no secret shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import urllib3

from kube_headroom import tracing
from kube_headroom.prometheus.answers import Answer, refusal_of, retention_of, rows_of
from kube_headroom.prometheus.failures import Failure, Reason, broken
from kube_headroom.prometheus.options import Options
from kube_headroom.prometheus.trust import Shown, Trust
from kube_headroom.redaction import REDACTED, redact

if TYPE_CHECKING:
    import zlib as codec
else:
    try:
        from isal import isal_zlib as codec
    except ImportError:  # no wheel for this machine: the same bytes at three times the CPU
        import zlib as codec

OK = 200
_CHUNK = 256 * 1024
_REFUSAL_READ = 16_384  # bytes; what a longer refusal says beyond is not read
# The steady questions' short answers cost the server three times as much compressed as they are.
_ENCODINGS = {"query_range": "gzip"}
_GZIP = 31  # zlib's window bits of a gzip stream
# 400 and 422 are the query's faults, 503 a query that was aborted (prometheus.io/docs, HTTP API, format overview).
_BY_STATUS = {
    400: Reason.QUERY,
    401: Reason.UNAUTHORIZED,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    413: Reason.QUERY,
    422: Reason.QUERY,
    429: Reason.OVERLOADED,
    503: Reason.OVERLOADED,
}


class Client:
    """Queries to one server, safe to share among threads; raises UsageError at once for what cannot be used."""

    def __init__(self, options: Options) -> None:
        self._trust = Trust(options)
        self._options = options
        self._path = urlsplit(options.url).path.rstrip("/")
        self._lock = threading.Lock()
        self.requests = 0
        self.seconds = 0.0
        self._headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": f"kube-headroom/{version('kube-headroom')}",
        }

    def at(self, query: str, at: float) -> Answer:
        """Evaluate a query at a Unix time; raises Failure."""
        return rows_of(self._ask("query", {"query": query, "time": f"{at:.3f}"}))

    def between(self, query: str, first: float, last: float, step: float) -> Answer:
        """Evaluate a query at each step from `first` to `last`; raises Failure."""
        form = {"query": query, "start": f"{first:.3f}", "end": f"{last:.3f}", "step": f"{step:.3f}"}
        return rows_of(self._ask("query_range", form))

    def retention(self) -> str:
        """What the server says of its retention, such as `15d`; raises Failure where it has no such page."""
        return retention_of(self._ask("status/runtimeinfo", None))

    def _ask(self, call: str, form: Mapping[str, str] | None) -> bytes:
        begun = time.monotonic()
        method = "GET" if form is None else "POST"
        with tracing.span(f"{method} /api/v1/{call}", {"http.request.method": method}, client=True):
            try:
                return self._exchange(call, form, begun + self._options.timeout)
            except Exception as error:  # noqa: BLE001  (all become failures, whose reasons are counted)
                raise broken(error) from None
            finally:
                with self._lock:
                    self.requests += 1
                    self.seconds += time.monotonic() - begun

    def _exchange(self, call: str, form: Mapping[str, str] | None, deadline: float) -> bytes:
        options = self._options
        try:
            shown = self._trust.shown()
        except (OSError, ValueError) as error:  # its text may quote what could not be read
            raise Failure(Reason.CREDENTIALS, f"our own credentials cannot be read: {type(error).__name__}") from None
        body = None
        if form is not None:
            # One more than allowed tells that there are too many; servers that do not know `limit` ignore it.
            body = urlencode({**form, "timeout": f"{options.timeout:g}s", "limit": f"{options.series_limit + 1}"})
        response = shown.pool.urlopen(
            "GET" if body is None else "POST",
            f"{self._path}/api/v1/{call}",
            body=body,
            headers={**self._headers, "Accept-Encoding": _ENCODINGS.get(call, "identity"), **shown.headers},
            timeout=urllib3.Timeout(connect=options.timeout, read=options.timeout),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            if response.status == OK:
                return _whole(response, options.body_limit, deadline)
            refusal = _refusal(response, shown, deadline)
        finally:
            _leave(response)
        raise refusal


def _leave(response: urllib3.BaseHTTPResponse) -> None:
    """Keep the connection of an answer that was read to its end; what is left of another would be the next one's beginning."""
    if response.closed:
        response.release_conn()
    else:
        response.close()


def _whole(response: urllib3.BaseHTTPResponse, limit: int, deadline: float) -> bytes:
    """The body, inflated no further than `limit` bytes."""
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding not in ("gzip", "identity"):
        raise Failure(Reason.ANSWER, f"the answer is encoded as {encoding[:80]}, which was not asked for")
    stream = codec.decompressobj(_GZIP) if encoding == "gzip" else None
    parts: list[bytes] = []
    held = 0
    # read1 returns what has come: read would wait for a whole chunk, however slowly it drips in.
    while part := response.read1(_CHUNK):
        try:
            text = stream.decompress(part, limit + 1 - held) if stream else part
        except codec.error as error:
            raise Failure(Reason.ANSWER, f"the answer is not gzip, or damaged: {error}") from None
        parts.append(text)
        held += len(text)
        if held > limit:
            raise Failure(Reason.TOO_LARGE, f"the answer is larger than {limit} bytes")
        if time.monotonic() > deadline:
            raise Failure(Reason.TIMEOUT, "the answer did not end in time")
    if stream is not None and not stream.eof:
        raise Failure(Reason.ANSWER, "the answer ends before its gzip stream does")
    return b"".join(parts)


def _refusal(response: urllib3.BaseHTTPResponse, shown: Shown, deadline: float) -> Failure:
    """A failure from an HTTP status and what the server says, which may hold what we sent."""
    if 300 <= response.status < 400:
        return Failure(Reason.REDIRECT, f"answered {response.status}")
    try:
        said = refusal_of(_whole(response, _REFUSAL_READ, deadline))
    except (Failure, urllib3.exceptions.HTTPError, OSError):
        said = ""  # a refusal that cannot be read says nothing more than its status
    for secret in shown.secrets:
        said = said.replace(secret, REDACTED)
    said = redact(said)
    reason = _BY_STATUS.get(response.status, Reason.HTTP)
    return Failure(reason, f"answered {response.status}" + (f": {said}" if said else ""))

"""Who we are to the server and whom we trust: headers and TLS from files, read again when they change; logs none of it."""

from __future__ import annotations

import base64
import ssl
import threading
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
import urllib3

from kube_headroom.errors import UsageError
from kube_headroom.prometheus.options import Options

log = structlog.get_logger(__name__)

_State = tuple[object, ...]


class Shown(NamedTuple):
    """What a request shows, the pool that trusts the server, and what must not be repeated."""

    headers: dict[str, str]
    pool: urllib3.HTTPConnectionPool
    secrets: tuple[str, ...]


class Trust:
    """Gives each request what it shows; raises UsageError at once for an address or a file that cannot be used."""

    def __init__(self, options: Options) -> None:
        _check_address(options)
        if options.insecure:
            log.warning(
                "the certificate of prometheus is not verified (prometheus-insecure-tls): whoever answers gets our token"
            )
            # Said once above; urllib3 would say it again with each request.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._options = options
        self._lock = threading.Lock()
        self._texts: dict[Path, tuple[_State, str]] = {}
        self._pool: tuple[_State, urllib3.HTTPConnectionPool] | None = None
        try:
            self.shown()
        except (OSError, ValueError) as error:
            name = getattr(error, "filename", None)
            why = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
            raise UsageError(
                f"prometheus: {f'{name}: ' if name else ''}{why}; expected readable files: a token or password of one line, "
                "certificates and keys in PEM"
            ) from None

    def shown(self) -> Shown:
        """What to show now; raises OSError or ValueError when a file cannot be used."""
        options = self._options
        headers = dict(options.headers)
        secrets = [*options.headers.values()]
        if options.tenant:
            headers["X-Scope-OrgID"] = options.tenant
        with self._lock:
            if options.bearer_token_file:
                token = self._text(options.bearer_token_file)
                headers["Authorization"] = f"Bearer {token}"
                secrets.append(token)
            elif options.username:
                password = self._text(options.password_file) if options.password_file else ""
                pair = base64.b64encode(f"{options.username}:{password}".encode()).decode()
                headers["Authorization"] = f"Basic {pair}"
                secrets += [password, pair]
            return Shown(headers, self._trusting(), tuple(filter(None, secrets)))

    def _text(self, path: Path) -> str:
        state = _state(path)
        known = self._texts.get(path)
        if known is None or known[0] != state:
            text = path.read_text("utf-8").strip()
            if not text or not text.isprintable():
                raise ValueError(f"{path}: is empty or has more than one line")
            known = self._texts[path] = state, text
        return known[1]

    def _trusting(self) -> urllib3.HTTPConnectionPool:
        options = self._options
        secure = options.url.startswith("https:")  # a context holds all the system's authorities
        paths = (options.certificate_authority, options.client_certificate, options.client_key)
        state = tuple(_state(path) for path in paths if path)
        if self._pool is None or self._pool[0] != state:
            # A PoolManager looks for the pool of every request's address anew: a third of what a short question costs.
            trust = {"ssl_context": _context(options)} if secure else {}
            pool = urllib3.connection_from_url(options.url, maxsize=options.concurrency, **trust)
            if self._pool is not None:
                self._pool[1].close()
            self._pool = state, pool
        return self._pool[1]


def _state(path: Path) -> _State:
    """What tells that a file was replaced."""
    state = path.stat()
    return state.st_ino, state.st_mtime_ns, state.st_size


def _context(options: Options) -> ssl.SSLContext:
    authority = options.certificate_authority
    context = ssl.create_default_context(cafile=str(authority) if authority else None)
    # As Go verifies: any certificate in the file is an anchor, and authorities made by hand need not have every
    # extension of RFC 5280 (Python 3.13 asks for them by default).
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if options.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if options.client_certificate:
        # An empty password: OpenSSL would ask the terminal for one otherwise.
        context.load_cert_chain(options.client_certificate, options.client_key, password="")
    return context


def _check_address(options: Options) -> None:
    address = urlsplit(options.url)
    if address.username is not None or address.password is not None:
        raise UsageError(
            "prometheus-url: holds a user; expected none there, but prometheus-username and a password file"
        )
    if address.scheme not in ("http", "https") or not address.hostname or address.query or address.fragment:
        raise UsageError(
            f"prometheus-url {options.url!r}: expected http:// or https://, a host and perhaps a port and a path, "
            "such as http://prometheus.monitoring:9090"
        )
    for name, value in options.headers.items():
        if not name or not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            raise UsageError(f"prometheus-header {name!r}: expected a header's name of letters, digits and hyphens")
        if not value.isprintable() or not value.isascii():
            raise UsageError(f"prometheus-header {name}: expected a value of printable ASCII characters")
    if options.client_key and not options.client_certificate:
        raise UsageError("prometheus-client-key: expected prometheus-client-certificate beside it")
    if options.username and options.bearer_token_file:
        raise UsageError(
            "prometheus-username: expected no prometheus-bearer-token-file beside it, one of them says who we are"
        )

"""Who we are to kubelets and whom of them we trust: the API server's credentials, read again when they may have changed.

Refuses to send a token to whom it does not trust, unless it was told in so many words.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from kube_headroom.cluster.credentials import Access
from kube_headroom.errors import UsageError
from kube_headroom.kubelet.connection import TimedSocket

RENEWED_AT_MOST_EVERY = 10.0
"""Seconds: thousands of kubelets may refuse us in one round, and an exec plugin is a process."""


class Credentials(Protocol):
    """The cluster room's connection, as far as kubelets need it."""

    @property
    def access(self) -> Access:
        """What requests are made with now."""

    def refresh(self, refused: Access | None = None) -> Access:
        """Read the credentials again."""


class Shown(NamedTuple):
    """What a kubelet is shown: the header ("" where TLS says who we are), and the context that trusts it."""

    authorization: str
    context: ssl.SSLContext


class Trust:
    """Gives each request what it shows; raises UsageError at once for an authority file that cannot be used.

    `authority` replaces the cluster's own; `insecure` trusts whoever answers. Safe to share among threads.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        authority: Path | None = None,
        insecure: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._credentials = credentials
        self._authority = str(authority) if authority else None
        self._insecure = insecure
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._renewed_at = monotonic()
        access = credentials.access
        try:
            self._made_of = self._files(access)
            self._context = self._make_context(access)
        except (OSError, ValueError) as error:
            why = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
            raise UsageError(
                f"kubelet-certificate-authority {authority or access.certificates.authority}: {why}; "
                f"expected a file of PEM certificates"
            ) from None

    def shown(self) -> Shown:
        """What to show now; raises OSError when a token file cannot be read."""
        access = self._credentials.access
        return Shown(access.authorization(), self._context)

    def renewed(self, refused: Shown) -> Shown | None:
        """Read everything again after a refusal, or use what another thread read; None if it would show the same."""
        with self._lock:
            if refused.context is self._context and self._monotonic() - self._renewed_at >= RENEWED_AT_MOST_EVERY:
                self._renew(refused)
        now = self.shown()
        return None if now == refused else now

    def _renew(self, refused: Shown) -> None:
        self._renewed_at = self._monotonic()
        access = self._credentials.access
        if access.authorization() == refused.authorization:  # else the file or the plugin has new ones already
            access = self._credentials.refresh(access)
        try:
            files = self._files(access)
            if files != self._made_of:
                self._context, self._made_of = self._make_context(access), files
        except (OSError, ValueError):
            return  # half written: the old ones stay, the refusal is the news

    def _files(self, access: Access) -> tuple[object, ...]:
        """What the context is made of: paths, and what tells that a file was replaced."""
        certificates = access.certificates
        paths = (self._authority or certificates.authority, certificates.certificate, certificates.key)
        states = [Path(path).stat() for path in paths if path]
        return (*paths, *((state.st_ino, state.st_mtime_ns, state.st_size) for state in states))

    def _make_context(self, access: Access) -> ssl.SSLContext:
        certificates = access.certificates
        if self._insecure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        else:
            context = ssl.create_default_context(cafile=self._authority or certificates.authority)
            # As Go verifies: any certificate in the file is an anchor, and authorities made by hand need not have
            # every extension of RFC 5280 (Python 3.13 asks for them by default).
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.sslsocket_class = TimedSocket
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if certificates.certificate:
            context.load_cert_chain(certificates.certificate, certificates.key, password="")
        return context

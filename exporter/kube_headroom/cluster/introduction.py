"""The first questions to an API server: which version it is, and which cluster."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import urllib3

from kube_headroom.cluster.connection import CONNECT_TIMEOUT, Connection
from kube_headroom.cluster.failures import Failure, Reason, broken, refusal, status_of

OK = 200


class _Version(msgspec.Struct):
    minor: str = ""
    git_version: str = msgspec.field(name="gitVersion", default="")


class _Metadata(msgspec.Struct):
    uid: str = ""


class _Namespace(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


class Introduction(NamedTuple):
    """Who answered: the minor decides how resizes are charged; `cluster` tells a check-point of ours from others'."""

    minor: int
    version: str
    cluster: str


def introduce(connection: Connection) -> Introduction:
    """Ask the server who it is; raises Failure when it does not answer or refuses us.

    The uid of kube-system stands for the cluster (OpenTelemetry's `k8s.cluster.uid`); where we may not read
    it, the server's address does.
    """
    version = msgspec.json.decode(_ask(connection, "/version"), type=_Version)
    digits = version.minor.rstrip("+")
    try:
        cluster = msgspec.json.decode(_ask(connection, "/api/v1/namespaces/kube-system"), type=_Namespace).metadata.uid
    except Failure as failure:
        if failure.reason not in (Reason.FORBIDDEN, Reason.NOT_FOUND):
            raise
        cluster = ""
    return Introduction(int(digits) if digits.isdecimal() else 0, version.git_version, cluster or connection.server)


def _ask(connection: Connection, path: str) -> bytes:
    try:
        response = connection.get(path, {}, read_timeout=CONNECT_TIMEOUT)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise broken(error) from error
    body: bytes = response.data
    if response.status != OK:
        raise refusal(response.status, status_of(body), response.headers, now=0.0)
    try:
        msgspec.json.decode(body, type=dict)
    except msgspec.DecodeError as error:
        raise Failure(Reason.DECODE, f"{path} answered no JSON object: {error}") from error
    return body

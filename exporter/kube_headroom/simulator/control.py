"""Incidents over HTTP, and the services' request metrics: a plain application for whoever plays with the cluster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from kube_headroom.durations import parse_duration
from kube_headroom.errors import UsageError
from kube_headroom.simulator.incidents.board import Incidents, Running
from kube_headroom.simulator.incidents.catalogue import INCIDENTS, Incident
from kube_headroom.simulator.request_metrics import RequestMetrics
from kube_headroom.simulator.store import timestamp
from kube_headroom.simulator.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_GUIDE = """\
This is the control of a simulated cluster.

  GET    /incidents         what can happen, and what is happening
  POST   /incidents/NAME    begin one; ?target=NAMESPACE/NAME and ?for=15m, or the same as JSON
  DELETE /incidents/NAME    end it, everywhere or on ?target=NAMESPACE/NAME
  GET    /metrics           the services' own request metrics (scrape them with honor_labels)
"""
_SHOWN_CHARACTERS = 40


class _Wish(msgspec.Struct, forbid_unknown_fields=True, rename={"lasting": "for"}):
    """What a request may say of an incident."""

    target: str | None = None
    lasting: str | None = None


def control(world: World) -> web.Application:
    """Return the application; it belongs to the loop that owns the world."""
    incidents, metrics = world.part(Incidents), world.part(RequestMetrics)

    async def guide(_: web.Request) -> web.Response:
        return web.Response(text=_GUIDE)

    async def show(_: web.Request) -> web.Response:
        return _told({"running": [_running(each) for each in incidents.running()], "known": _known(INCIDENTS.values())})

    async def begin(request: web.Request) -> web.Response:
        wish = await _wish(request)
        seconds = None if wish.lasting is None else _seconds(wish.lasting)
        begun = incidents.begin(request.match_info["name"], target=wish.target, seconds=seconds)
        return _told(_running(begun))

    async def end(request: web.Request) -> web.Response:
        wish = await _wish(request)
        if wish.lasting is not None:
            raise ValueError("an incident ends at once: `for` is for its beginning")
        return _told([_running(each) for each in incidents.end(request.match_info["name"], target=wish.target)])

    async def request_metrics(_: web.Request) -> web.Response:
        return web.Response(body=metrics.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    application = web.Application(middlewares=[_in_one_line])
    application.add_routes(
        [
            web.get("/", guide),
            web.get("/incidents", show),
            web.post("/incidents/{name}", begin),
            web.delete("/incidents/{name}", end),
            web.get("/metrics", request_metrics),
        ]
    )
    return application


@web.middleware
async def _in_one_line(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell what is wrong as one line of text: 404 for what does not exist, 400 for what cannot be read."""
    try:
        return await handler(request)
    except UsageError as error:
        return web.Response(text=f"{error}\n", status=404)
    except (ValueError, msgspec.DecodeError) as error:
        return web.Response(text=f"{error}\n", status=400)


async def _wish(request: web.Request) -> _Wish:
    """Read the query and the body; what the body says wins. Raises msgspec.DecodeError for what nobody knows."""
    asked = msgspec.convert(dict(request.query), _Wish)
    body = await request.read()
    written = msgspec.json.decode(body, type=_Wish) if body.strip() else _Wish()
    return _Wish(written.target or asked.target, written.lasting or asked.lasting)


def _seconds(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError:
        seconds = 0.0
    if not seconds:
        raise ValueError(f"for: expected a duration such as 30s or 15m, found {text[:_SHOWN_CHARACTERS]!r}")
    return seconds


def _running(running: Running) -> dict[str, Any]:
    until = None if running.until is None else timestamp(running.until)
    return {"name": running.name, "target": running.target, "since": timestamp(running.since), "until": until}


def _known(incidents: Iterable[Incident]) -> list[dict[str, str]]:
    return [
        {"name": each.name, "cause": each.cause, "seen": each.seen, "paged": each.paged, "usual_target": each.usual}
        for each in incidents
    ]


def _told(content: object) -> web.Response:
    text = msgspec.json.format(msgspec.json.encode(content), indent=2)
    return web.Response(body=text + b"\n", content_type="application/json")

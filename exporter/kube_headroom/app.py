"""The wiring: the only place that knows every room."""

from __future__ import annotations

import math
import platform
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version

import structlog

from kube_headroom import kubelets, memory, sources, tracing
from kube_headroom.catalogue import exporter as series
from kube_headroom.catalogue.labels import Build, NamespaceKind, Nothing, Reason
from kube_headroom.catalogue.metric import Sample
from kube_headroom.cluster.backoff import REFUSED, Backoff
from kube_headroom.cluster.connection import Connection
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.failures import Failure, described
from kube_headroom.cluster.health import SourceReport
from kube_headroom.cluster.introduction import Introduction, introduce
from kube_headroom.cluster.kinds import KINDS
from kube_headroom.cluster.readers import Choice, reflectors
from kube_headroom.exposition.channel import Publication, Setup
from kube_headroom.exposition.listeners import bind
from kube_headroom.exposition.registry import registry_body
from kube_headroom.exposition.server import Server
from kube_headroom.kubelet.reader import Kubelets
from kube_headroom.overview.content import Overview, Source
from kube_headroom.overview_feed import OverviewFeed
from kube_headroom.publisher import Publisher, Standing
from kube_headroom.self_report import registry
from kube_headroom.settings import Settings
from kube_headroom.slos import Slos
from kube_headroom.state.checkpoint import Checkpoint, Identity
from kube_headroom.state.inventory import Inventory, Limits
from kube_headroom.state.ledger import Ledger
from kube_headroom.state.usage.limits import UsageLimits
from kube_headroom.timing import REAL, Timing

VERSION = version("kube-headroom")
BUILD = series.BUILD_INFO.at(Build(VERSION, platform.python_version()), 1)

SILENT_SECONDS = 150.0
"""Twice what a healthy watch is silent at most, with a bookmark a minute: what an SLO counts must have been seen."""

log = structlog.get_logger(__name__)


def run(
    settings: Settings,
    stop: threading.Event,
    timing: Timing = REAL,
    *,
    listeners: Sequence[socket.socket] = (),
    begun: Callable[[Exporter], None] | None = None,
) -> None:
    """Watch the cluster and serve its metrics until `stop` is set; raises UsageError for settings that cannot work.

    `listeners` are served on in place of the settings' addresses; `begun` is told the exporter before it reads.
    """
    connection = Connection.open(str(settings.kubeconfig) if settings.kubeconfig else None, settings.context)
    listeners = listeners or bind(settings.web_listen_address)
    with Server(listeners, Setup(version=VERSION, metrics_path=settings.web_telemetry_path)) as server:
        log.info("serving", addresses=server.addresses, version=VERSION, api_server=connection.server)
        introduction = _wait_for_server(connection, server, stop, timing)
        if introduction is not None:
            exporter = Exporter(settings, connection, server, introduction, timing)
            if begun is not None:
                begun(exporter)
            exporter.run(stop)
    log.info("ended")


def _wait_for_server(
    connection: Connection, server: Server, stop: threading.Event, timing: Timing
) -> Introduction | None:
    """Ask until the API server answers, saying on /-/ready and in one log line why it does not."""
    backoff = Backoff(REFUSED, timing.random)
    own = registry(lambda: [BUILD])
    said = ""
    while not stop.is_set():
        try:
            return introduce(connection)
        except Failure as failure:
            line = described("API server", "/version", connection.server, failure)
        if line != said:
            log.warning("the API server does not answer, trying for ever", why=line)
            said = line
        server.publish(Publication(False, line, timing.clock(), registry_body(own)))  # noqa: FBT003  a named field
        timing.wait(stop, backoff.delay(timing.clock()))
    return None


class Exporter:
    """Everything that runs once the API server is known."""

    def __init__(
        self,
        settings: Settings,
        connection: Connection,
        server: Server,
        introduction: Introduction,
        timing: Timing = REAL,
    ) -> None:
        self._settings = settings
        self._timing = timing
        self._server = server
        self._mandatory = frozenset(kind.name for kind in KINDS if kind.mandatory) - set(settings.kinds_disabled)
        self._ledger = Ledger(timing.clock(), saved=settings.state_file is not None)
        self._inventory = Inventory(_limits(settings, introduction.minor), self._ledger, timing.clock)
        self._saved_at: float | None = None
        self._save_errors = 0
        self._resumed = False
        self.ready = False
        """Every mandatory kind was listed once."""
        self._checkpoint = self._open_checkpoint(introduction.cluster)
        read = [*reflectors(_choice(settings), connection, self._inventory, timing)]
        self._healths = [health for health, _ in read]
        self._reflectors = [reflector for _, reflector in read]
        self._kubelets = self._read_kubelets(connection)
        self._slos = Slos(settings, self._inventory, introduction.cluster, timing, stale=self._silent)
        self._publisher = Publisher(
            (self._inventory, self._slos),
            server,
            registry(self._samples),
            feed=OverviewFeed(self._sources),
            clock=timing.clock,
        )
        self._publisher.listen(self._slos)
        log.info("API server answered", kubernetes=introduction.version, resumed=self._resumed)

    def run(self, stop: threading.Event) -> None:
        """Read, publish and save until `stop` is set."""
        saving = threading.Thread(target=self._save_for_ever, args=(stop,), name="check-point")
        counting = threading.Thread(target=self._slos.run, args=(stop,), name="slos")
        saving.start()
        counting.start()
        threading.Thread(target=memory.give_back, args=(stop,), name="memory", daemon=True).start()
        for reflector in self._reflectors:
            threading.Thread(target=reflector.run, args=(stop,), daemon=True).start()
        if self._kubelets is not None:
            threading.Thread(target=self._kubelets.run, args=(stop,), name="kubelets", daemon=True).start()
        while not stop.is_set():
            reports = [health.report() for health in self._healths]
            waiting = "" if self.ready else sources.waiting_for(reports, self._mandatory)
            if not waiting and not self.ready:
                self.ready = True
                self._inventory.start_waiting()
                log.info("ready: every mandatory kind was listed")
            if self._kubelets is not None and self.ready:
                self._kubelets.nodes(self._inventory.nodes())
            self._inventory.mark(self._timing.clock(), self._server.fetched)
            withdrawn = sources.withdrawn(self._stale(reports), self._mandatory)
            self._publisher.publish(Standing(waiting, withdrawn, sources.standing(reports)))
            self._timing.wait(stop, self._settings.publish_interval)
        for reflector in self._reflectors:
            reflector.interrupt()
        # Whoever fetches a page has seen what it tells: the last save must know of every one.
        self._server.stop()
        saving.join()
        counting.join()
        self._save_last()

    def overview(self) -> Overview | None:
        """Return what the overview page shows, None before the first publication; any thread may ask."""
        return self._publisher.overview()

    def _sources(self) -> Iterator[Source]:
        reports = [health.report() for health in self._healths]
        yield from sources.shown(reports, self._inventory.sizes(), self._stale(reports))
        if self._kubelets is not None:
            limit = self._settings.kubelet_stale_after
            yield from kubelets.shown(self._kubelets.summary(), self._timing.clock(), limit)
        yield from self._slos.sources()

    def _silent(self) -> frozenset[str]:
        """Name the kinds of which SLOs must not assume that nothing changed."""
        reports = [health.report() for health in self._healths]
        return sources.stale(reports, self._timing.clock(), min(SILENT_SECONDS, self._settings.source_stale_after))

    def _stale(self, reports: list[SourceReport]) -> frozenset[str]:
        return sources.stale(reports, self._timing.clock(), self._settings.source_stale_after)

    def _samples(self) -> Iterator[Sample]:
        yield BUILD
        reports = [health.report() for health in self._healths]
        yield from sources.samples(reports, self._inventory.sizes(), self._stale(reports))
        state = self._inventory.losses()
        yield series.PODS_WITHOUT_OWNER.at(Nothing(), state.pods_left_out)
        yield series.PODS_AWAITING_OWNER.at(Nothing(), state.pods_waiting)
        yield series.EVENTS_UNATTRIBUTED.at(Nothing(), state.events_unattributed)
        for (namespace, kind), count in sorted(state.overflowed.items()):
            yield series.WORKLOADS_OVERFLOWED.at(NamespaceKind(namespace, kind), count)
        if self._kubelets is not None:
            yield from kubelets.samples(self._kubelets.summary())
            for reason, count in sorted(state.rows_refused.items()):
                yield series.KUBELET_ROWS_REFUSED.at(Reason(reason), count)
        yield from self._slos.samples()
        yield from self._publisher.samples()
        if (spans := tracing.counts()) is not None:
            yield series.SPANS.at(Nothing(), spans.ended)
            yield series.SPANS_DELIVERED.at(Nothing(), spans.delivered)
        if self._checkpoint is not None:
            yield series.CHECKPOINT_RESUMED.at(Nothing(), self._resumed)
            yield series.CHECKPOINT_ERRORS.at(Nothing(), self._save_errors)
        if self._saved_at is not None:
            yield series.CHECKPOINT_LAST_SUCCESS.at(Nothing(), self._saved_at)

    def _read_kubelets(self, connection: Connection) -> Kubelets | None:
        if self._settings.kubelets == "off":
            return None
        inventory = self._inventory
        return Kubelets(
            kubelets.options(self._settings), connection, inventory, self._timing, running=inventory.running
        )

    def _open_checkpoint(self, cluster: str) -> Checkpoint | None:
        settings = self._settings
        if settings.state_file is None:
            return None
        chosen = f"{','.join(sorted(settings.namespaces))}|{','.join(sorted(settings.namespaces_denied))}"
        checkpoint = Checkpoint(settings.state_file, Identity(cluster, chosen))
        try:
            self._resumed = checkpoint.resume(self._ledger, now=self._timing.clock(), max_age=settings.state_max_age)
        except (OSError, sqlite3.Error) as error:
            self._save_failed(error)
        return checkpoint

    def _save_for_ever(self, stop: threading.Event) -> None:
        """Save on a thread of its own: a slow disk delays nothing else."""
        while self._checkpoint is not None and not self._timing.wait(stop, self._settings.state_interval):
            self._save(self._checkpoint)

    def _save_last(self) -> None:
        if self._checkpoint is not None:
            self._save(self._checkpoint, everything=True)
            self._checkpoint.close()

    def _save(self, checkpoint: Checkpoint, *, everything: bool = False) -> None:
        fetched, now = self._server.fetched, self._timing.clock()
        if fetched == -math.inf:
            # Nobody saw anything that this process counted: the next one goes on from what this one took up.
            return
        rows = self._inventory.take_changes(fetched, everything=everything)
        try:
            checkpoint.save(rows, now)
        except (OSError, sqlite3.Error) as error:
            self._inventory.give_back(rows)
            self._save_failed(error)
        else:
            self._saved_at = now

    def _save_failed(self, error: Exception) -> None:
        if not self._save_errors:
            log.warning("the check-point cannot be written", file=str(self._settings.state_file), why=str(error))
        self._save_errors += 1


def _limits(settings: Settings, minor: int) -> Limits:
    return Limits(
        counter_hold=settings.counter_hold,
        kept_after=settings.workload_kept_after,
        owner_wait=settings.owner_wait,
        rollout_deadline=settings.rollout_deadline,
        bare_workloads=settings.bare_workloads_per_namespace,
        event_reasons=frozenset(settings.event_reasons),
        minor=minor,
        usage=UsageLimits(
            stale_after=settings.kubelet_stale_after,
            peak_window=settings.peak_window,
            read=settings.kubelets == "on",
        ),
    )


def _choice(settings: Settings) -> Choice:
    return Choice(
        namespaces=settings.namespaces,
        namespaces_denied=settings.namespaces_denied,
        kinds_disabled=settings.kinds_disabled,
        keys=Keys(owner=settings.owner_keys, node_pool=settings.node_pool_keys, slo=f"{settings.annotation_prefix}slo"),
        streaming=settings.watch_list == "auto",
        slo_configmaps=settings.slo_configmap_selector or "",
    )

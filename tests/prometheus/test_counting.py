"""Counters read sample by sample: what is counted, what is not, whichever replica answers."""

from __future__ import annotations

from tests.prometheus.fake_prometheus import Store, prometheus, serving
from tests.prometheus.stage import NOW, Remembering, events, objective, reader

KEY = ("shop", "requests")
RATIO = events("sum(rate(requests_total[{{.window}}]))", bad='sum(rate(requests_total{code=~"5.."}[{{.window}}]))')


def test_reader_counts_up_to_each_evaluation() -> None:
    store = Store()
    labels = {"__name__": "requests_total", "job": "web", "instance": "a:80"}
    times = [NOW - 600 + 30 * index for index in range(100)]
    store.add({**labels, "code": "200"}, [(at, 1_000 + 10 * index) for index, at in enumerate(times)])
    store.add({**labels, "code": "500"}, [(at, 5 + index) for index, at in enumerate(times)])
    intake = Remembering()
    with prometheus(serving(store)) as server:
        asking = reader(server.url, intake, objective(RATIO))
        for index in range(4):
            asking.evaluate(NOW + 60 * index)

        assert intake.sums(KEY) == {"": (66.0, 6.0)}
        assert [(one.start, one.end) for one in intake.added[KEY]] == [
            (NOW, NOW + 60),
            (NOW + 60, NOW + 120),
            (NOW + 120, NOW + 180),
        ]
        assert server.queries()[1] == "requests_total{}[210s]"
        assert len(server.queries()) == 4, "one question finds the bad ones among all"
        assert asking.summary().series == 2
        assert intake.flaws == {}

"""How much nodes that say the same may fill the log."""

from __future__ import annotations

from kube_headroom.kubelet.lines import Lines


def test_of_many_alike_ten_a_minute_are_said_and_that_there_are_more() -> None:
    now, said = [0.0], list[str]()
    lines = Lines(lambda: now[0])

    for now[0] in (0.0, 59.9, 60.0):
        for number in range(20):
            lines.say("refused", said.append, f"node-{number} refuses")
    lines.say("timeout", said.append, "node-1 hangs")

    more = "node-9 refuses; more of this kind are counted but not logged for a minute"
    minute = [*(f"node-{number} refuses" for number in range(9)), more]
    assert said == [*minute, *minute, "node-1 hangs"]

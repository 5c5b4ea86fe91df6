"""Bad answers and bad settings: each is told by its name, costs the others nothing, and shows no secret."""

from __future__ import annotations

import gzip
import itertools
import math
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

import pytest
import structlog
import trustme

from kube_headroom.errors import UsageError
from kube_headroom.prometheus.client import Client
from kube_headroom.prometheus.failures import Reason
from kube_headroom.prometheus.options import Options
from kube_headroom.prometheus.reader import TOGETHER, Reader
from kube_headroom.timing import Timing
from tests.prometheus.fake_prometheus import Asked, Reply, Store, prometheus, refusal, serving, success, vector
from tests.prometheus.stage import NOW, Remembering, events, objective, reader

SECRET = "token-that-nobody-may-see"
BROKEN = objective(events("broken_total", bad="broken_bad_total"), "broken")
SOUND = objective(events("sound_total", bad='sound_total{code="500"}'), "sound")


def store() -> Store:
    made = Store()
    labels = {"__name__": "sound_total", "instance": "a:80"}
    made.add(labels, [(NOW - 600 + 30 * index, 10.0 * index) for index in range(40)])
    return made


def evaluated(reply: Reply, **more: object) -> tuple[Remembering, Reader, list[str]]:
    """What two objectives tell, of which one gets this answer; and the log's lines of level warning."""
    sound = serving(store())

    def replying(asked: Asked) -> Reply:
        return reply if "broken" in asked.form.get("query", "") else sound(asked)

    intake = Remembering()
    with structlog.testing.capture_logs() as lines, prometheus(replying) as server:
        asking = reader(server.url, intake, BROKEN, SOUND, timeout=2.0, body_limit=100_000, **more)
        for index in range(3):
            asking.evaluate(NOW + 60 * index)
    return intake, asking, [str(line["event"]) for line in lines if line["log_level"] == "warning"]


@pytest.mark.parametrize(
    ("reply", "reason", "said"),
    [
        pytest.param(
            refusal(400, "1:3: parse error: bad"), Reason.QUERY, "answered 400: 1:3: parse error: bad", id="no PromQL"
        ),
        pytest.param(
            refusal(422, "too many samples"),
            Reason.QUERY,
            "answered 422: too many samples",
            id="it cannot be evaluated",
        ),
        pytest.param(refusal(503, "query timed out"), Reason.OVERLOADED, "query timed out", id="it takes too long"),
        pytest.param(Reply(429), Reason.OVERLOADED, "answered 429", id="too many questions"),
        pytest.param(Reply(502, b"<html>bad gateway"), Reason.HTTP, "answered 502: <html>bad gateway", id="a gateway"),
        pytest.param(Reply(200, b"x" * 200_000), Reason.TOO_LARGE, "larger than 100000 bytes", id="too large"),
        pytest.param(
            Reply(200, gzip.compress(b"x" * 10_000_000), {"Content-Encoding": "gzip"}),
            Reason.TOO_LARGE,
            "larger than 100000 bytes",
            id="too large once inflated",
        ),
        pytest.param(
            success({"resultType": "string", "result": [0, "x"]}), Reason.QUERY, "gives a string", id="a string"
        ),
    ],
)
def test_an_answer_that_says_something_about_one_query(reply: Reply, reason: Reason, said: str) -> None:
    intake, asking, lines = evaluated(reply)

    assert asking.summary().errors == {reason: 3}
    assert asking.summary().failing == 1
    assert len(lines) == 1, "one line for a change of state"
    assert lines[0].startswith("SLO shop/broken is not counted: ")
    assert said in lines[0]
    assert intake.sums(SOUND.key) == {"": (40.0, 0.0)}
    assert BROKEN.key not in intake.added


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param(Reply(401), Reason.UNAUTHORIZED, id="it does not know us"),
        pytest.param(Reply(403), Reason.FORBIDDEN, id="we may not"),
        pytest.param(Reply(404), Reason.NOT_FOUND, id="the address is wrong"),
        pytest.param(Reply(302, b"", {"Location": "http://elsewhere"}), Reason.REDIRECT, id="it leads elsewhere"),
        pytest.param(Reply(200, b"<html>"), Reason.ANSWER, id="a web page"),
        pytest.param(success({"resultType": "matrix", "result": 3}), Reason.ANSWER, id="not Prometheus' answer"),
        pytest.param(Reply(200, b"{}", {"Content-Encoding": "br"}), Reason.ANSWER, id="an encoding not asked for"),
        pytest.param(Reply(200, b"{}", {"Content-Encoding": "gzip"}), Reason.ANSWER, id="no gzip"),
        pytest.param(
            Reply(200, gzip.compress(b"{}" * 99)[:-9], {"Content-Encoding": "gzip"}), Reason.ANSWER, id="half a gzip"
        ),
    ],
)
def test_an_answer_that_says_something_about_the_server(reply: Reply, reason: Reason) -> None:
    intake, asking, lines = evaluated(reply)

    assert asking.summary().errors == {reason: 3}
    assert lines[0].startswith(f"prometheus does not answer: {reason}: ")
    assert intake.sums(SOUND.key) == {"": (40.0, 0.0)}


def test_a_server_that_is_down_is_one_line_for_all_and_one_when_it_is_back() -> None:
    intake = Remembering()
    with structlog.testing.capture_logs() as lines, prometheus(serving(store())) as server:
        asking = reader(server.url, intake, *(objective(SOUND.sli, f"slo-{index}") for index in range(20)))
        up = asking._client
        asking._client = Client(Options("http://127.0.0.1:1"))
        asking.evaluate(NOW)
        assert asking.summary().up is False
        asking._client = up
        asking.evaluate(NOW + 60)

    assert [line["log_level"] for line in lines] == ["warning", "info"]
    assert asking.summary().errors == {Reason.UNREACHABLE: 20}
    assert (asking.summary().up, asking.summary().last_success) == (True, NOW)


def test_a_server_that_hangs_costs_its_timeout_only() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        asking = reader(f"http://127.0.0.1:{listening.getsockname()[1]}", Remembering(), SOUND, timeout=0.1)
        asking.evaluate(NOW)

    assert asking.summary().errors == {Reason.TIMEOUT: 1}
    assert asking.summary().seconds < 9, "the usual timeout is ten seconds"


def test_an_answer_that_drips_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()

        def drip() -> None:
            connection, _ = listening.accept()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            # Who gives it up may close the connection some bytes before the end is told here.
            with connection, suppress(ConnectionError):
                while not over.wait(0.02):
                    connection.sendall(b"x")

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        asking = reader(f"http://127.0.0.1:{listening.getsockname()[1]}", Remembering(), SOUND, timeout=0.2)
        asking.evaluate(NOW)
        over.set()
        thread.join(5)

    assert asking.summary().errors == {Reason.TIMEOUT: 1}


def test_a_remark_of_the_server_is_a_flaw_once_per_text() -> None:
    intake = Remembering()
    remarks = {"warnings": ["one store did not answer"], "infos": ['metric might not be a counter: "x"']}
    reply = vector(({}, 1), **remarks)
    with prometheus(lambda asked: reply if asked.form else Reply(404)) as server:
        asking = reader(server.url, intake, objective(events("a / b", bad="c / d")))
        for index in range(3):
            asking.evaluate(NOW + 60 * index)

    assert intake.reasons(("shop", "requests")) == {"warning": 2}


def test_who_we_are_is_read_again_when_it_changes_and_never_told(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(SECRET)
    echo = lambda asked: refusal(403, f"no {asked.headers.get('Authorization')} {asked.headers.get('X-Extra')}")  # noqa: E731
    with structlog.testing.capture_logs() as lines, prometheus(echo) as server:
        asking = reader(
            server.url,
            Remembering(),
            SOUND,
            bearer_token_file=token,
            tenant="shop",
            headers={"X-Extra": "header-secret"},
        )
        asking.evaluate(NOW)
        token.write_text("another-token-of-ours")
        asking.evaluate(NOW + 60)
        token.unlink()
        asking.evaluate(NOW + 120)

        sent = [(one.headers["Authorization"], one.headers["X-Scope-OrgID"]) for one in server.asked]
    assert sent == [(f"Bearer {SECRET}", "shop"), ("Bearer another-token-of-ours", "shop")]
    assert asking.summary().errors == {Reason.FORBIDDEN: 2, Reason.CREDENTIALS: 1}
    assert not any(word in str(lines) for word in (SECRET, "another-token", "header-secret"))


def test_a_password_is_sent_and_a_server_is_trusted_by_its_authority(
    tmp_path: Path, authority: trustme.CA, tls: ssl.SSLContext
) -> None:
    password, certificates = tmp_path / "password", tmp_path / "ca.crt"
    password.write_text("sesame\n")
    authority.cert_pem.write_to_path(str(certificates))
    with prometheus(serving(store()), tls) as server:
        options = {"username": "headroom", "password_file": password}
        trusting = reader(server.url, Remembering(), SOUND, certificate_authority=certificates, **options)
        trusting.evaluate(NOW)
        doubting = reader(server.url, Remembering(), SOUND, **options)
        doubting.evaluate(NOW)
        careless = reader(server.url, Remembering(), SOUND, insecure=True, **options)
        careless.evaluate(NOW)

        assert {one.headers["Authorization"] for one in server.asked} == {"Basic aGVhZHJvb206c2VzYW1l"}
    assert [one.summary().errors for one in (trusting, doubting, careless)] == [{}, {Reason.CERTIFICATE: 1}, {}]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(Options("prometheus:9090"), "expected http:// or https://", id="no scheme"),
        pytest.param(Options(f"http://me:{SECRET}@prometheus"), "expected none there", id="a password in the address"),
        pytest.param(Options("http://prometheus?x=1"), "expected http:// or https://", id="a query in the address"),
        pytest.param(
            Options("http://p", bearer_token_file=Path("/no/token")), "/no/token: No such file", id="no token"
        ),
        pytest.param(
            Options("https://p", certificate_authority=Path("/dev/null")), "expected readable files", id="no authority"
        ),
        pytest.param(Options("http://p", headers={"X Y": "1"}), "expected a header's name", id="no header's name"),
        pytest.param(Options("http://p", headers={"X": f"1\r\n{SECRET}"}), "printable", id="no header's value"),
        pytest.param(Options("http://p", client_key=Path("/k")), "prometheus-client-certificate", id="half a pair"),
    ],
)
def test_settings_that_cannot_be_used_end_the_start(options: Options, said: str) -> None:
    with pytest.raises(UsageError) as error:
        Reader(options, Remembering(), Timing())

    assert said in str(error.value)
    assert SECRET not in str(error.value)


def test_running_asks_every_objective_in_each_step_some_at_a_time_and_ends() -> None:
    stop = threading.Event()
    clock = [NOW]

    def wait(event: threading.Event, seconds: float) -> bool:
        clock[0] += seconds
        if clock[0] > NOW + 180:
            stop.set()
        return event.is_set()

    intake = Remembering()
    objectives = [objective(SOUND.sli, f"slo-{index}") for index in range(30)]
    with prometheus(serving(store())) as server:
        options = Options(server.url, delay=0.0, concurrency=1)
        asking = Reader(options, intake, Timing(clock=lambda: clock[0], wait=wait))
        asking.define(objectives)
        asking.run(stop)
        times = [float(one.form["time"]) - NOW for one in server.asked if one.form]

    assert len(times) == 90
    spread = sorted(time for time in times if time < 60)
    assert max(later - sooner for sooner, later in itertools.pairwise(spread)) < 15
    assert {math.remainder(time, TOGETHER) for time in times} == {0}
    assert all(len(intake.added[one.key]) == 2 for one in objectives)

"""Words to a person, over the two ways that a connection can switch on; each is seen to arrive."""

import logging
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from include.apod.airflow import tasks
from include.apod.airflow.connections import alert
from include.apod.formats.coverage import read_coverage
from include.apod.ingest.ingest import ingest
from local.stack.ports import any_free
from tests.helpers.project import NOON, run


@pytest.fixture
def connection(deployment):
    """Sets connection `apod_alerts` as a deployment would."""

    def connecting(**fields):
        deployment.set(AIRFLOW_CONN_APOD_ALERTS=fields)

    return connecting


@pytest.fixture
def webhook(chat):
    """What was posted, as (path, body); `webhook.url` is the address."""
    chat.clear()
    return chat


@pytest.fixture
def mailbox():
    """The mails that a server took; `mailbox.port` is where it listens."""

    class Mails(list):
        port = 0

        async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  # the library's name
            self.append(envelope)
            return "250 OK"

    mails = Mails()
    mails.port = any_free()
    server = Controller(mails, hostname="127.0.0.1", port=mails.port)
    server.start()
    yield mails
    server.stop()


def test_nobody_is_told_without_the_connection(monkeypatch):
    """And nothing fails for it."""
    monkeypatch.delenv("AIRFLOW_CONN_APOD_ALERTS", raising=False)

    assert alert("a subject", "a text") is None


def test_a_webhook(connection, webhook):
    """Its secret end comes from the password."""
    connection(conn_type="http", host=webhook.url, password="MARKED")
    alert("apod_load.publish failed", "BadData: a reason")

    assert [("/hook/MARKED", {"text": "apod_load.publish failed\nBadData: a reason"})] == webhook


def test_a_mail(connection, mailbox):
    """With what to do in its text."""
    to = {"from": "apod@example.org", "to": "oncall@example.org"}
    connection(conn_type="smtp", host="127.0.0.1", port=mailbox.port, extra=to)
    alert("apod_load.publish failed", "BadData: a reason")
    (mail,) = mailbox

    assert (["oncall@example.org"], "apod@example.org") == (mail.rcpt_tos, mail.mail_from)
    assert b"Subject: apod_load.publish failed" in mail.content
    assert b"BadData: a reason" in mail.content


@pytest.mark.parametrize(
    "fields",
    [
        {"conn_type": "http", "host": "http://127.0.0.1:1/", "password": "MARKED"},
        {"conn_type": "http", "host": "nowhere", "password": "MARKED"},
        {"conn_type": "http", "host": "http://127.0.0.1:1/a b", "password": "MARKED"},
        {"conn_type": "http", "host": "http://[127", "password": "MARKED"},
        {"conn_type": "http", "host": "http://127.0.0.1:1/\u00e9", "password": "MARKED"},
        {"conn_type": "smtp", "host": "127.0.0.1", "port": 1, "login": "me", "password": "MARKED"},
    ],
)
def test_a_message_that_cannot_be_sent_is_a_line_in_the_log(connection, caplog, fields):
    """The task's own outcome stays what it was, and the secret stays one."""
    connection(**fields)
    alert("a subject", "a text")

    assert "connection apod_alerts did not take 'a subject'" in caplog.text
    assert "MARKED" not in caplog.text


def test_a_server_that_talks_nonsense_fails_nothing(connection, caplog):
    """No status line: an error that is neither of the network nor of a value."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connection(conn_type="http", host=f"http://127.0.0.1:{silent.getsockname()[1]}/", password="MARKED")
        thread = threading.Thread(target=alert, args=("a subject", "a text"))
        thread.start()
        peer, _ = silent.accept()
        peer.recv(10_000)
        peer.sendall(b"nonsense\r\n\r\n")
        peer.close()
        thread.join(30)

    assert "did not take 'a subject': BadStatusLine" in caplog.text
    assert "MARKED" not in caplog.text


@pytest.fixture
def self_signed(tmp_path):
    """A mail server whose certificate nobody has signed, as in the middle of a connection."""
    run(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "certificate.pem",
        "-days", "1", "-subj", "/CN=127.0.0.1", cwd=tmp_path,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    seen = []

    def authenticated(_server, _session, _envelope, mechanism, data):
        seen.append((mechanism, data))
        return AuthResult(success=True)

    port = any_free()
    server = Controller(
        None, hostname="127.0.0.1", port=port, tls_context=context, authenticator=authenticated, auth_require_tls=True
    )
    server.start()
    yield port, seen
    server.stop()


def test_a_password_goes_to_no_server_that_cannot_be_verified(connection, self_signed, caplog):
    """The log names the error; the mail server has seen no login."""
    port, seen = self_signed
    extra = {"from": "apod@example.org", "to": "oncall@example.org"}
    connection(conn_type="smtp", host="127.0.0.1", port=port, login="me", password="MARKED", extra=extra)
    alert("a subject", "a text")

    assert "did not take 'a subject': SSLCertVerificationError" in caplog.text
    assert seen == []


@pytest.mark.parametrize(("hours", "told"), [(20, 0), (35, 0), (37, 1), (500, 1)])
def test_an_archive_that_stands_still(nasa, store, scope, connection, webhook, caplog, hours, told):
    """The newest picture came out five past midnight of 2026-11-23 in New York."""
    connection(conn_type="http", host=webhook.url)
    ingest(nasa.sources(), store, scope)
    coverage = read_coverage(store.raw)
    with caplog.at_level(logging.WARNING):
        tasks._watch_freshness(coverage, datetime(2026, 11, 23, 5, 5, tzinfo=UTC) + timedelta(hours=hours))

    assert told == len(webhook) == caplog.text.count("The newest picture is that of 2026-11-23")
    assert 0 == read_coverage(store.root / "nothing").stale_hours(NOON)

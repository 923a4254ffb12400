"""Messages to a person, by webhook or mail."""

from __future__ import annotations

import json
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.request import Request, urlopen

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Webhook:
    """The address of a chat or pager that takes `{"text": …}`, as Slack, Mattermost and many others do."""

    url: str = field(repr=False)

    def send(self, subject: str, text: str) -> None:
        """Posts subject and text. Uses urllib, since `requests` logs the (secret) address at debug level.

        Raises:
            OSError: it was not delivered.
            ValueError: the URL is not a web address.
        """
        if not self.url.startswith(("http://", "https://")):
            raise ValueError("not a web address")
        body = json.dumps({"text": f"{subject}\n{text}"}).encode()
        request = Request(self.url, body, {"Content-Type": "application/json"})  # noqa: S310  # the scheme is checked above
        urlopen(request, timeout=TIMEOUT_SECONDS).close()  # noqa: S310  # likewise


@dataclass(frozen=True)
class Mail:
    """A mail server, a sender and a recipient.

    Attributes:
        host, port: the server's.
        login, password: empty where the server needs none. With a password, and on port 465, the connection is
            encrypted first, and the certificate must be valid for the name of the server.
        sender, to: mail addresses.
    """

    host: str
    port: int
    login: str
    password: str = field(repr=False)
    sender: str
    to: str

    def _connect(self) -> smtplib.SMTP:
        verifying = ssl.create_default_context()
        if self.port == smtplib.SMTP_SSL_PORT:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=verifying)
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
        if self.password:
            server.starttls(context=verifying)
        return server

    def send(self, subject: str, text: str) -> None:
        """Sends a mail.

        Raises:
            OSError: it was not delivered.
        """
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = subject, self.sender, self.to
        message.set_content(text)
        with self._connect() as server:
            if self.password:
                server.login(self.login, self.password)
            server.send_message(message)

"""Words to a person: by mail or to a webhook."""

from __future__ import annotations

import json
import smtplib
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.request import Request, urlopen

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Webhook:
    """A chat's or pager's address that takes `{"text": …}`, as Slack, Mattermost and many others do."""

    url: str = field(repr=False)

    def send(self, subject: str, text: str) -> None:
        """Posts subject and text; by Python's own client, since that of `requests` logs the address at debug level.

        Raises:
            OSError: it was not taken.
            ValueError: the address is none.
        """
        if not self.url.startswith(("http://", "https://")):
            raise ValueError("not a web address")
        body = json.dumps({"text": f"{subject}\n{text}"}).encode()
        asked = Request(self.url, body, {"Content-Type": "application/json"})  # noqa: S310  # checked above
        urlopen(asked, timeout=TIMEOUT_SECONDS).close()  # noqa: S310


@dataclass(frozen=True)
class Mail:
    """A mail server, and who writes to whom.

    Attributes:
        host, port: of the server.
        login, password: where it asks for them; then the connection is encrypted first.
        sender, to: addresses.
    """

    host: str
    port: int
    login: str
    password: str = field(repr=False)
    sender: str
    to: str

    def send(self, subject: str, text: str) -> None:
        """Sends a mail.

        Raises:
            OSError: it was not taken.
        """
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = subject, self.sender, self.to
        message.set_content(text)
        with smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS) as server:
            if self.password:
                server.starttls()
                server.login(self.login, self.password)
            server.send_message(message)

"""The errors, one class for each decision of the orchestrator.

ApodError
├── NotPublished      nothing to do yet: skip
├── Unavailable       the other side does not answer: retry
├── RateLimited       the service takes no more requests from us: retry at the time it said
├── SourceChanged     the service no longer keeps its contract: fail now, a person must look
├── BadData           data breaks a rule of ours: fail now; what was published stays
│   └── ApprovalNeeded    a person may let it through: ask
└── Misconfigured     a setting or a credential is wrong: fail now
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CREDENTIALS = re.compile(r"(?<=://)\S*@|\?\S*")  # login and password before a host; parameters behind a path


class ApodError(Exception):
    """Anything that this project raises on purpose. The message has the fact, the value and the next command."""


class NotPublished(ApodError):
    """What a step needs does not exist yet, and nothing is wrong."""


class Unavailable(ApodError):
    """A service, database or remote did not answer; the same call may work later."""


class RateLimited(ApodError):
    """The service's quota for us is used up.

    Attributes:
        retry_after: seconds that the service asked us to wait.
    """

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SourceChanged(ApodError):
    """A well-formed answer that is not what the service's contract promises."""


class BadData(ApodError):
    """Data that must not be published as it is."""


@dataclass(frozen=True)
class Question:
    """What a step asks a person before it goes on.

    Attributes:
        subject: the question, in a line.
        body: what he must know to decide, in Markdown.
        key: names exactly what he is asked; another key is another question.
    """

    subject: str
    body: str
    key: str


class ApprovalNeeded(BadData):
    """A guard stops a load, and a person who can be asked may let it through.

    Attributes:
        question: what he is asked.
    """

    def __init__(self, question: Question) -> None:
        super().__init__(question.subject)
        self.question = question


class Misconfigured(ApodError):
    """A setting, connection or credential that a retry cannot help."""


def masked(text: str) -> str:
    """A text that may hold an address, for a message: without what may be a secret in it."""
    return CREDENTIALS.sub(lambda match: "***@" if match[0].endswith("@") else "?***", text)

"""Step 5, code versioning: the pointers are committed and pushed, on top of whatever others push meanwhile."""

from __future__ import annotations

import logging
import random
import sys
import time
from typing import TYPE_CHECKING

from include.apod.adapters.remote import download_object
from include.apod.days import parse_spans
from include.apod.errors import Unavailable
from include.apod.formats.csv_file import HEADER
from include.apod.formats.pointers import CSV_POINTER, facts_in, object_in
from include.apod.formats.statements import statement
from include.apod.history.diff import from_bytes, from_ledger
from include.apod.run import Report
from include.apod.version.draft import DVC_FILES
from include.apod.version.loss import check_words
from include.apod.version.record import tip_version
from include.apod.version.release_note import NewsSinceTip, release_note

if TYPE_CHECKING:
    from psycopg import Connection

    from include.apod.adapters.git import Clone
    from include.apod.version.draft import Draft

log = logging.getLogger(__name__)

ATTEMPTS = 12  # pushes; one that came too late costs a fetch and a commit


def _check_tip(work: Clone, md5: str) -> None:
    """Checks that the branch's tip points at a CSV.

    Raises:
        Unavailable: it names another one.
    """
    at_tip = object_in(*work.read_blobs([f"HEAD:{CSV_POINTER}"]))
    if at_tip != md5:
        raise Unavailable(f"git sees no change, but {work.repository.branch} points at {at_tip}, not at {md5}.")


def unchanged(work: Clone, md5: str, connection: Connection) -> Report:
    """The report where the branch's tip is this version already."""
    commit = tip_version(work, connection) or work.git("rev-parse", "HEAD")
    sentence = f"nothing new: {commit[:12]} on {work.repository.branch} is this version already"
    return Report(False, sentence, {"commit": commit, "md5": md5})


def news_since_tip(work: Clone, draft: Draft, connection: Connection) -> NewsSinceTip:
    """What is new since the version at the tip: from the records of the loads, else from the bytes of both CSVs."""
    (pointer,) = work.read_blobs([f"HEAD:{CSV_POINTER}"])
    before, csv, old = object_in(pointer), work.path / "data" / "apod_data.csv", work.path.parent / "before.csv"
    emptied = frozenset(draft.absent) - parse_spans(facts_in(pointer).get("no_picture", ""))
    rows = connection.execute(statement("version/select_approvals"), {"before": before, "after": draft.md5}).fetchall()
    approvers = tuple(name for (name,) in rows)
    if before is None:
        old.write_bytes(HEADER)
        return NewsSinceTip(from_bytes(old, csv), emptied, approvers)
    diff = from_ledger(connection, before, draft.md5)
    if diff is None and download_object(draft.remote, before, old):
        diff = from_bytes(old, csv)
    return NewsSinceTip(diff, emptied, approvers)


def _write_files(work: Clone, draft: Draft) -> None:
    for name, text in draft.files.items():
        (work.path / name).parent.mkdir(exist_ok=True)
        (work.path / name).write_text(text)


def commit(work: Clone, draft: Draft, message: str) -> str:
    """Commits the files of a draft; returns the commit."""
    _write_files(work, draft)
    work.git("add", "--", *draft.files)
    key = work.repository.signing_key
    signing = [f"--gpg-sign={key}"] if key else []
    work.git("commit", "--quiet", "--cleanup=verbatim", *signing, "--file=-", stdin=message)
    head = work.git("rev-parse", "HEAD")
    log.info("$ git add %s\n$ git commit --file=-\n[%s] %s", " ".join(draft.files), head[:12], message.strip())
    return head


def catch_up(work: Clone, draft: Draft) -> None:
    """Puts the draft on top of what the branch is now; nothing of anybody else's is merged or undone.

    Raises:
        Unavailable: somebody has set up DVC in another way meanwhile.
    """
    work.git("fetch", "--quiet", "--depth=1", "origin", f"refs/heads/{work.repository.branch}")
    work.git("reset", "--quiet", "--hard", "FETCH_HEAD")
    for name in DVC_FILES:
        if work.read(name) not in (draft.dvc_files[name], draft.files.get(name)):
            raise Unavailable(f"{name} was changed by somebody else in between. The next try begins from theirs.")
    _write_files(work, draft)


def commit_draft(work: Clone, draft: Draft, connection: Connection) -> Report:
    """Commits and pushes a draft.

    Raises:
        Unavailable: others were quicker each time, or have set up DVC in another way.
        BadData: the branch's tip holds words that the draft lacks, and nobody has allowed that.
    """
    for attempt in range(ATTEMPTS):
        if not work.git("status", "--porcelain", "--", *draft.files):
            _check_tip(work, draft.md5)
            return unchanged(work, draft.md5, connection)
        if draft.raw:
            check_words(work, draft.raw, draft.raw_files, draft.remote)
        message = release_note(draft.content, news_since_tip(work, draft, connection), draft.note, draft.trailers)
        head = commit(work, draft, message)
        sys.audit("apod.version.committed")
        error = work.push()
        log.info("$ git push origin HEAD:refs/heads/%s\n%s", work.repository.branch, error or "accepted")
        if error is None:
            sys.audit("apod.version.pushed")
            sentence = f"{message.splitlines()[0]} as {head[:12]} on {work.repository.branch}"
            facts: dict[str, str | int] = {"commit": head, "md5": draft.md5, "rows": draft.content.rows}
            return Report(True, sentence, {**facts, "last": draft.content.last})
        time.sleep(random.uniform(0, attempt / 10))  # noqa: S311  # so that writers who met do not meet again
        catch_up(work, draft)
    raise Unavailable(f"Others were at {work.repository.branch} first, {ATTEMPTS} times in a row: {error}")

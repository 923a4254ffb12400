"""What happens if a guarantee is taken out of the code: some test must notice.

    python -m tests.chaos.mutants              each in turn, in a copy of the project; prints the score
    python -m tests.chaos.mutants publish      those whose name has this word

Each mutant is one change of one file, and the tests that must fail with it. One that survives is a guarantee that no
test holds.
"""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.helpers.project import PROJECT

LEFT_OUT = shutil.ignore_patterns(".local", "__pycache__", "*.svg", "*.png", ".mypy_cache", ".ruff_cache")


@dataclass(frozen=True)
class Mutant:
    """A guarantee, and how it is taken out.

    Attributes:
        guarantee: in words.
        file: below `include/apod`.
        old, new: text that stands there once, and what replaces it.
        tests: that must notice, as pytest takes them.
    """

    guarantee: str
    file: str
    old: str
    new: str
    tests: str


MUTANTS = (
    Mutant(
        "one publishes at a time",
        "load/publish.py",
        'keeper.execute(statement("publish/lock_publish"))',
        "pass",
        "tests/apod/load/test_publish.py",
    ),
    Mutant(
        "publish looks again inside its lock",
        "load/publish.py",
        "store.refresh()",
        "pass",
        "tests/apod/load/test_publish.py",
    ),
    Mutant(
        "table and CSV are proven equal",
        "load/publish.py",
        "prove(cursor, staged, news.md5())",
        "pass",
        "tests/apod/load/test_audit.py",
    ),
    Mutant(
        "what is staged anew is all that differs only where the proof says so",
        "load/publish.py",
        "if exported_md5(cursor) == news.md5():",
        "if news.md5():",
        "tests/together/test_repair.py",
    ),
    Mutant(
        "a column is left alone only where no text has a sign of a rule",
        "load/rules.py",
        " and not any(sign in lines for rule in rules for sign in rule.signs):\n",
        ":\n",
        "tests/apod/load/test_transform.py",
    ),
    Mutant(
        "an ingest ends when its last answers are stored",
        "ingest/ingest.py",
        "        yield keep\n        stored.result()\n",
        "        yield keep\n",
        "tests/apod/ingest/test_ingest.py",
    ),
    Mutant(
        "a person is asked before days vanish or many change",
        "load/publish.py",
        "guard(cursor, changes, allowed, news.md5)",
        '""',
        "tests/apod/load/test_guards.py",
    ),
    Mutant(
        "a change by hand is no change by NASA",
        "load/publish.py",
        '[day for (day,) in cursor.execute(statement("publish/select_foreign_changes"), {"days": days})]',
        "[]",
        "tests/together/test_corrections.py",
    ),
    Mutant(
        "a part of the raw store is not taken for all of it",
        "load/transform.py",
        "_check_raw(store, raw, allow_shrink=allow_shrink)",
        "pass",
        "tests/apod/load/test_transform.py",
    ),
    Mutant(
        "a fragment that was damaged is noticed",
        "formats/fragments.py",
        "if sha256_hex(content) != fragment.sha256.of(kind):",
        "if False:",
        "tests/apod/load tests/together/test_repair.py",
    ),
    Mutant(
        "what breaks a hard rule is left out",
        "load/quarantine.py",
        "        if reason:\n",
        "        if False:\n",
        "tests/apod/load/test_quarantine.py",
    ),
    Mutant(
        "a day that a source lost keeps what was heard",
        "load/quarantine.py",
        " or _is_loss(observation)",
        "",
        "tests/apod/captures",
    ),
    Mutant(
        "what DVC pushed is read back",
        "version/draft.py",
        "    if lost:\n",
        "    if False:\n",
        "tests/together/test_writers.py",
    ),
    Mutant(
        "what comes from a remote is hashed",
        "adapters/remote.py",
        'return md5_of(target) == name.removesuffix(".dir")',
        "return True",
        "tests/apod/adapters/test_remote.py",
    ),
    Mutant(
        "what is pulled is hashed",
        "adapters/dvc_scripts/pull.py",
        'return f"missing: {len(changed)} files came back changed, {changed[0]} for one" if changed else ""',
        'return ""',
        "tests/apod/ingest/test_restore_raw.py",
    ),
    Mutant(
        "DVC gets all files where the remote lost others than those that changed",
        "version/draft.py",
        " and new_objects.issuperset(remote_state.lost)",
        "",
        "tests/apod/version",
    ),
    Mutant(
        "what a second process does not deliver is made by the first",
        "adapters/second_process.py",
        "yield make(items[start]) if result is None else result",
        "yield result",
        "tests/apod/adapters/test_second_process.py",
    ),
    Mutant(
        "a version drops no words of the one before",
        "version/commit.py",
        "            check_words(work, draft.raw, draft.raw_files, draft.remote)\n",
        "            pass\n",
        "tests/apod/version",
    ),
    Mutant(
        "a CSV that was not proven is no version",
        "version/snapshot.py",
        "if load is None or load.md5 != md5:",
        "if False:",
        "tests/apod/version",
    ),
    Mutant(
        "a foreign commit is no version",
        "version/record.py",
        'if work.git("log", "-1", f"--format={form}").split("\\x1f") == [facts.get("csv_md5"), facts.get("run")]:',
        "if True:",
        "tests/apod/version",
    ),
    Mutant(
        "versions behind a merge are listed",
        "history/versions.py",
        '"--full-history"',
        '"--first-parent"',
        "tests/apod/history/test_versions.py",
    ),
    Mutant(
        "gc makes a CSV again before it deletes it",
        "history/gc.py",
        "        if not reason:\n",
        "        if True:\n",
        "tests/apod/history/test_gc.py",
    ),
    Mutant(
        "gc keeps what a branch or tag points at",
        "history/gc.py",
        "retained |= {md5 for pointer in pointers if (md5 := object_in(pointer))}",
        "pass",
        "tests/apod/history/test_gc.py",
    ),
    Mutant(
        "an answer is looked at before it is stored",
        "ingest/fetcher.py",
        "        self._drop_refused(source, answer)\n        self.believed",
        "        self.believed",
        "tests/apod/ingest tests/together/test_threads.py",
    ),
    Mutant(
        "absence is not proven in a run that left a source",
        "ingest/fetcher.py",
        "if len(self.sources) < len(self._all_sources):",
        "if False:",
        "tests/apod/ingest/test_ingest.py",
    ),
    Mutant(
        "a look-back that was interrupted is finished",
        "ingest/plan.py",
        ", *reading_list.unread}",
        "}",
        "tests/apod/ingest/test_ingest.py",
    ),
    Mutant(
        "a raw store that lacks something is restored",
        "ingest/restore_raw.py",
        "return bool(lacking_months(composition, raw))",
        "return False",
        "tests/apod/ingest/test_restore_raw.py",
    ),
    Mutant(
        "two ingests lose nothing of each other",
        "formats/raw.py",
        "        with writing(raw):\n",
        "        if True:\n",
        "tests/apod/adapters/test_files.py",
    ),
    Mutant(
        "a clock that was ahead hides nothing",
        "formats/raw.py",
        "    if last.seen_at <= addition.seen_at:\n",
        "    if True:\n",
        "tests/apod/formats/test_raw.py",
    ),
    Mutant(
        "an object is not written over what somebody else wrote",
        "adapters/mirror.py",
        'mode: PutMode = self._condition(name, synced) if synced else "create"',
        'mode: PutMode = "overwrite"',
        "tests/apod/adapters/test_mirror.py",
    ),
    Mutant(
        "an object is not deleted that somebody else wrote",
        "adapters/mirror.py",
        "{name for name in names if e_tags.get(name) == self.synced[name].e_tag}",
        "{*names}",
        "tests/apod/adapters/test_mirror.py",
    ),
    Mutant(
        "a writer's half file is not another's",
        "adapters/files.py",
        '.{os.getpid()}-{token_hex(4)}.tmp")',
        '.tmp")',
        "tests/apod/adapters/test_files.py",
    ),
    Mutant(
        "a capture is judged with its month",
        "captures/judged.py",
        "reasons |= defects(self._months[month])",
        "pass",
        "tests/apod/captures",
    ),
    Mutant(
        "an import never outbids what was heard later",
        "captures/importing.py",
        "raw_store.merge(store.raw, new)",
        "raw_store.append(store.raw, new)",
        "tests/apod/captures",
    ),
    Mutant(
        "no event where nothing changed",
        "airflow/outcomes.py",
        "if self.publishes and not report.changed:",
        "if False:",
        "tests/apod/airflow/test_outcomes.py",
    ),
    Mutant(
        "a rate limit is waited for",
        "airflow/outcomes.py",
        "case RateLimited():",
        "case RateLimited() if False:",
        "tests/apod/airflow/test_outcomes.py",
    ),
    Mutant(
        "the page leaves Airflow its threads",
        "ui/app.py",
        "app.state.places = asyncio.Semaphore(MOST_VIEWS)",
        "app.state.places = asyncio.Semaphore(10_000)",
        "tests/apod/ui/test_lookout.py",
    ),
    Mutant(
        "what git needs is not left in the process",
        "airflow/connections.py",
        "                del os.environ[name]\n",
        "                pass\n",
        "tests/apod/ui/test_lookout.py",
    ),
    Mutant(
        "a mail server is verified",
        "adapters/alerts.py",
        "verifying = ssl.create_default_context()",
        "verifying = ssl._create_unverified_context()",
        "tests/apod/adapters/test_alerts.py",
    ),
)


def survives(mutant, project):
    """Whether the tests pass without the guarantee; the copy of the project is as before afterwards."""
    path = project / "include" / "apod" / mutant.file
    code = path.read_text()
    assert code.count(mutant.old) == 1, f"{mutant.guarantee}: {mutant.old!r} stands {code.count(mutant.old)} times"
    path.write_text(code.replace(mutant.old, mutant.new))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutant.tests.split()]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=600)
    path.write_text(code)
    assert done.returncode in (0, 1), done.stdout[-2000:] + done.stderr[-2000:]  # else the tests did not run
    return not done.returncode


def copy(folder):
    """A copy of the project, with its history: tests look for the code of versions there. Returns its path."""
    return shutil.copytree(PROJECT, Path(folder) / "project", ignore=LEFT_OUT, symlinks=True)


def main():
    """Prints each mutant and what became of it, and the score; exit status 1 where one survives."""
    words, alive = sys.argv[1:], 0
    chosen = [mutant for mutant in MUTANTS if all(word in mutant.guarantee for word in words)]
    with tempfile.TemporaryDirectory(prefix="apod-mutants-") as folder:
        project = copy(folder)
        for mutant in chosen:
            lived = survives(mutant, project)
            alive += lived
            sys.stdout.write(f"{'SURVIVES' if lived else 'caught'}  {mutant.guarantee}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(chosen) - alive} of {len(chosen)} caught\n")
    sys.exit(bool(alive))


if __name__ == "__main__":
    main()

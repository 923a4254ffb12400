"""`./apod`: the whole pipeline on this machine, with nothing but Python, git and a package index."""

from __future__ import annotations

import signal
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.app import Live, app, opened
from local.stack.errors import StackError

if TYPE_CHECKING:
    from local.cli.progress import Progress
    from local.stack.airflow_api import AirflowApi
    from local.stack.stack import Stack

INTERRUPTED = 130


class Decision(StrEnum):
    """What a person may answer a guard."""

    APPROVE = "approve"
    REJECT = "reject"


def follow(stack: Stack, progress: Progress, airflow: AirflowApi, first: str, params: dict[str, Any]) -> None:
    """Runs a DAG and what it wakes, and shows it."""
    from local.cli.backlog import backlog
    from local.cli.follow import Follower

    Follower(airflow, progress.show, lambda dag: backlog(stack)[dag]).follow_chain(first, params)


@app.command()
def run(live: Live = False) -> None:
    """Run the pipeline until its version is committed, then stop.

    A stack that was up stays up.
    """
    from local.stack.ready import bring_up, log_in

    if live:
        from local.cli.reach import check_nasa

        check_nasa()
    with opened(live=live) as (stack, progress), stack.locked():
        was_up = stack.is_up()
        try:
            airflow = log_in(stack) if was_up else bring_up(stack)
            follow(stack, progress, airflow, "apod_ingest", {})
        finally:
            progress.end_list()
            if not was_up:
                progress.say("stopping")
                stack.stop()
        show_result(stack, progress)


def show_result(stack: Stack, progress: Progress) -> None:
    """What there is now, and what to look at next."""
    progress.say("done; what to look at next:")
    live = " --live" if stack.layout.live else ""
    bare = stack.layout.repository
    repository = f"{bare}" if stack.repository_url == bare.as_uri() else stack.repository_url
    for topic, place in {
        "the data": f"{stack.layout.store / 'apod_data.csv'}",
        "the commits": f"in {repository}, their bytes in {stack.remote_url}",
        "the versions": f"./apod versions{live}; ./apod verify{live}",
        "Airflow": f"./apod up{live}, then open Assets, and the page APOD",
        "the table": f'then eval "$(./apod env{live})"; psql -c "table apod.passport limit 5"',
        "how it works": "docs/walkthrough.md",
    }.items():
        typer.echo(f"  {topic:13} {place}")


@app.command()
def up(live: Live = False) -> None:
    """Start the local stack and leave it running.

    Says where the UI is and how to log in.
    """
    from local.stack.ready import bring_up

    with opened(live=live) as (stack, progress), stack.locked():
        if not stack.is_up():
            try:
                bring_up(stack)
                stack.stay()
            except BaseException:
                stack.stop()
                raise
        progress.say(f"Airflow {stack.address}  login admin  password {stack.facts['login_password']}")
        progress.say("assets: " + stack.address + "/assets   stop it with: ./apod down")


@app.command()
def down(live: Live = False) -> None:
    """Stop the local stack; its data stays in .local/."""
    with opened(live=live) as (stack, progress), stack.locked():
        stack.stop()
        progress.say("stopped")


@app.command()
def status(live: Live = False) -> None:
    """Say what each of the three controllers still has to do."""
    from local.cli.backlog import backlog

    with opened(live=live) as (stack, _):
        for dag, report in backlog(stack).items():
            typer.echo(f"{dag:13} {'to do' if report.changed else 'done '}  {report.sentence}")
        typer.echo(f"{'Airflow':13} {'up     ' + stack.address if stack.is_up() else 'down   start it with ./apod up'}")


@app.command()
def trigger(
    step: Annotated[str, typer.Argument(help="ingest, load or version")],
    param: Annotated[list[str] | None, typer.Option(help="A run parameter as name=value; may be repeated.")] = None,
    live: Live = False,
) -> None:
    """Run one DAG of a stack that is up, and what it wakes."""
    from local.cli.follow import parse_param
    from local.stack.ready import DAGS, log_in

    if f"apod_{step}" not in DAGS:
        raise StackError(f"There is no step {step!r}; the steps are ingest, load and version.")
    with opened(live=live) as (stack, progress):
        if not stack.is_up():
            raise StackError("The local stack is not up; start it with ./apod up.")
        follow(stack, progress, log_in(stack), f"apod_{step}", dict(map(parse_param, param or [])))


@app.command()
def answer(
    decision: Annotated[Decision | None, typer.Argument(help="Without it, what is asked is shown.")] = None,
    live: Live = False,
) -> None:
    """Show what a guard asks before it lets a load through, and approve or reject it."""
    from local.stack.ready import log_in

    with opened(live=live) as (stack, progress):
        if not stack.is_up():
            raise StackError("The local stack is not up; start it with ./apod up.")
        airflow = log_in(stack)
        questions = airflow.questions()
        if not questions:
            progress.say("nothing waits for an answer")
        for question in questions:
            typer.echo(f"{question.run.dag}.{question.task}: {question.subject}\n{question.body}")
            if decision:
                airflow.answer(question, decision.value.capitalize())
                progress.say(f"{decision.value}: {question.subject}")


@app.command()
def env(live: Live = False) -> None:
    """Print how psql, git, dvc and airflow reach the stack.

    For a shell: eval "$(./apod env)"
    """
    from local.cli.exports import exports

    with opened(live=live) as (stack, _):
        typer.echo(exports(stack))


def main() -> None:
    """Runs the command line; an error is one line and exit status 1, a word that it does not know exit status 2."""
    from include.apod.errors import ApodError
    from local.cli import captures, history  # noqa: F401  # their commands
    from local.stack.environment import clean

    clean()

    for ending in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C: nothing is left running
        signal.signal(ending, signal.default_int_handler)
    try:
        app(prog_name="./apod")
    except (StackError, ApodError, OSError) as error:
        sys.exit(f"apod: {error}")
    except SystemExit as ending:
        if ending.code == INTERRUPTED:
            sys.stderr.write(
                "apod: interrupted; nothing was left running. The same command goes on where this one was.\n"
            )
        raise


if __name__ == "__main__":
    main()

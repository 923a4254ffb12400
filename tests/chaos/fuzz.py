"""A coverage-guided fuzzer on what becomes of a service's answer: anything but our own errors ends it.

    python -m tests.chaos.fuzz planetary|basic [-max_total_time=60]

What it finds is written to a file `crash-…` in the current folder, which the same command takes to replay it.
"""

import json
import logging
import sys
from datetime import UTC, date, datetime, timedelta

import atheris

with atheris.instrument_imports(include=["include.apod", "bs4", "html.parser"]):
    import requests

    from include.apod.days import Span
    from include.apod.errors import ApodError
    from include.apod.load.quarantine import broken_rule
    from include.apod.sources import service
    from include.apod.sources.basic import Basic
    from include.apod.sources.gate import by_day, refused_days
    from include.apod.sources.planetary import Planetary

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SPAN = Span(date(2026, 11, 1), date(2026, 11, 1) + timedelta(days=20))
SEEDS = (
    b'[{"date":"2026-11-02","title":"t","explanation":"e","media_type":"image","url":"u","hdurl":"h"}]',
    b'[{"date":"2026-11-03","title":"t","explanation":"<p>e</p>","media_type":"iframe","basic_html":"<iframe src=1>"}]',
    b'{"code":"apod_basic_not_found","message":"APOD not found.","data":{"status":404}}',
)


FIELDS = ("title", "explanation", "media_type", "url", "hdurl", "copyright", "basic_html")
DATES = ("2026-11-02", "2026-11-03", "2026-12-24", "261102", "")
KINDS = ("image", "video", "iframe", "other")


def records(noise):
    """The noise as records: the mutations meet the parsers, not only the JSON around them."""
    dice = atheris.FuzzedDataProvider(noise)
    made = []
    for _ in range(dice.ConsumeIntInRange(0, 3)):
        record = {name: dice.ConsumeUnicode(80) for name in FIELDS if dice.ConsumeBool()}
        record |= {"date": dice.PickValueInList([*DATES])} | {"media_type": dice.PickValueInList([*KINDS])}
        made.append(record)
    return json.dumps(made).encode()


def fuzzed(client, noise):
    """The noise as it is, or as records."""
    one(client, noise if noise[:1] in b"[{" else records(noise))


def one(client, body):
    """An answer's way, up to the hard rules."""
    answer = requests.Response()
    answer.status_code, answer._content, answer.url = 200, body, client.url
    try:
        found = by_day(client.parsed(answer), SPAN, client.name)
        made = {day: service(client.name).read(record).fields for day, record in found.items()}
        refused_days(made, client.name)
    except ApodError:
        return
    for day, record in made.items():
        broken_rule(record, f"{day}")


def main():
    """Fuzzes the parser that is named first, for as long as libFuzzer's options say."""
    logging.disable()
    clients = {
        "planetary": lambda: Planetary("http://127.0.0.1", "a key", 0, NOW),
        "basic": lambda: Basic("http://127.0.0.1", "", 0, NOW),
    }
    client = clients[sys.argv.pop(1)]()
    for seed in SEEDS:
        one(client, seed)
    atheris.Setup(sys.argv, lambda noise: fuzzed(client, noise))
    atheris.Fuzz()


if __name__ == "__main__":
    main()

# One word, one command. `./apod --help` has the rest.
.DEFAULT_GOAL := help
export LIVE

.PHONY: help run up down test chaos lint format audit image cluster pictures bench growth canary lock

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

run:  ## set up, run the pipeline to a committed version, stop again (LIVE=1: NASA's own API)
	@./apod run

up:  ## start the local stack and leave it running
	@./apod up

down:  ## stop it
	@./apod down

test:  ## everything: unit, wiring, real records, end to end through the scheduler
	@local/stack/setup dev
	@.local/venv/bin/python -m pytest -m "not chaos" -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST)

chaos:  ## kill it at every point, under the real scheduler too, and live through simulated years (two hours)
	@local/stack/setup dev
	@.local/venv/bin/python -m pytest tests/chaos $(PYTEST)

lint:  ## format, lint, types, spelling, links, and which folder may import which
	@local/stack/setup dev
	@.local/venv/bin/ruff format --check .
	@.local/venv/bin/ruff check .
	@.local/venv/bin/mypy
	@PYTHONPATH=. .local/venv/bin/lint-imports --no-cache
	@.local/venv/bin/yamllint --strict .
	@.local/venv/bin/codespell
	@.local/venv/bin/lychee --offline --include-fragments --no-progress '*.md' 'docs/*.md'

audit:  ## known weaknesses and licences of the locked packages (needs the network)
	@local/stack/setup dev
	@.local/venv/bin/pip-licenses --order=license
	@.local/venv/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock

image:  ## build the Astro image, look at it, and run the whole chain on two workers of it
	@local/stack/setup dev
	@tools/image apod
	@.local/venv/bin/python -m tools.cluster_run --image apod

cluster:  ## the whole archive on Celery, Redis and two workers that share no disk, beside the single machine
	@local/stack/setup dev
	@.local/venv/bin/python -m tools.cluster_run

pictures:  ## draw the pictures of README and docs again, from a run (needs a browser)
	@local/stack/setup dev
	@.local/venv/bin/python -m tools.pictures

format:  ## rewrite the code as `make lint` wants it
	@local/stack/setup dev
	@.local/venv/bin/ruff format .
	@.local/venv/bin/ruff check --fix .

bench:  ## what the archive, a load, a day and trigger to commit cost, each against its floor (40 minutes)
	@local/stack/setup bench
	@.local/venv/bin/python -m bench.ingest
	@.local/venv/bin/python -m bench.captures
	@.local/venv/bin/python -m bench.load
	@.local/venv/bin/python -m bench.version
	@.local/venv/bin/python -m bench.latency
	@.local/venv/bin/python -m bench.page

growth:  ## what 365 daily versions take in the DVC remote and in git, before and after gc (half an hour)
	@local/stack/setup bench
	@.local/venv/bin/python -m bench.growth

canary:  ## lint and tests with the newest of everything that requirements.in and pyproject.toml allow, in a copy
	@tools/canary

lock:  ## resolve requirements.txt and pyproject.toml into the lock files
	@local/stack/setup lock

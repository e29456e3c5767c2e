# Each target is a line over bootstrap.py, which sets up what is missing first. Parameters are passed on: make chaos KILLS=300 DB=pg
PYTHON ?= python3
DO = @$(PYTHON) bootstrap.py
.DEFAULT_GOAL := help
.PHONY: setup demo demo-reset test test-fast lint bench shots chaos load fuzz lock help

setup:  ## the virtual environment and the built web assets, nothing started
	$(DO) setup --web

demo:  ## the whole system with a WeCom emulator and a demo company; Ctrl-C stops it, the data stays
	$(DO) demo $(MAKEOVERRIDES)

demo-reset:  ## the same, from an empty start
	$(DO) demo --reset $(MAKEOVERRIDES)

test:  ## all tests, in SQLite and PostgreSQL, with Redis and a browser; ARGS="-k name" picks
	$(DO) test $(MAKEOVERRIDES)

test-fast:  ## the inner loop: under a minute, SQLite only, nothing but the virtual environment
	$(DO) test-fast $(MAKEOVERRIDES)

lint:  ## ruff, mypy and the import contracts
	$(DO) lint

bench:  ## benchmarks, printing ratios
	$(DO) bench $(MAKEOVERRIDES)

shots:  ## pictures of every page and card at 390 and 1360 pixels, into shots/
	$(DO) shots $(MAKEOVERRIDES)

chaos:  ## processes killed at random while messages flow: KILLS=300 DB=pg
	$(DO) chaos $(MAKEOVERRIDES)

load:  ## callbacks at a steady rate, and how long answers take: RATE=100 SECONDS=60 DB=pg
	$(DO) load $(MAKEOVERRIDES)

fuzz:  ## hostile input against every entrance: COUNT=10000 SEED=1
	$(DO) fuzz $(MAKEOVERRIDES)

lock:  ## compile requirements*.txt to lock files with hashes
	$(DO) lock

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Plain `make` prints every target with its one-line help.
SHELL := /bin/sh
PYTHON ?= python3
JOBS ?= 2
BIN := .venv/bin
READY := .venv/.ready
DEMO := docker compose --env-file compose/demo.env
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
    --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help setup demo run test faults check format lint types layers schemas compose-config compose-demo compose-down lock \
    bench-throughput bench-latency clean

help: ## print this help
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with the command `leadline` in it (called by the others)

$(READY): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## a day of a sales team through a fresh stack, counted and compared
	@$(BIN)/leadline demo

run: setup ## Kafka, PostgreSQL and every service on this machine, until Ctrl-C
	@$(BIN)/leadline up

test: setup ## every test but the long fault runs, JOBS files at a time (2)
	@$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile

faults: setup ## the long fault runs: random kills and freezes under load
	@$(BIN)/python -m pytest tests/faults -m faults

check: setup format-check lint types layers schemas compose-config ## format, lint, types, layers, generated and compose files

format: setup ## format the code
	@$(BIN)/ruff format --quiet .

format-check: setup
	@$(BIN)/ruff format --check --quiet .

lint: setup ## find faults in the code's style
	@$(BIN)/ruff check --quiet .

types: setup ## check the types
	@$(BIN)/mypy

layers: setup ## check that imports point inward
	@$(BIN)/python -m pytest --quiet tests/unit/test_layers.py

schemas: setup ## check that schemas/ and docs/errors.md are those of the code, and keep what was released
	@$(BIN)/python -m leadline.contracts.generate --check
	@$(BIN)/python -m leadline.contracts.release --check
	@$(BIN)/python -m leadline.contracts.errors_doc --check

compose-config: ## check docker-compose.yml, where there is docker compose
	@if docker compose version >/dev/null 2>&1; then docker compose config -q && $(DEMO) config -q \
	    && docker compose --env-file compose/cluster.env config -q; \
	else echo "docker compose is not here: docker-compose.yml is checked by the tests alone" >&2; fi

compose-demo: ## the same day through containers: a fresh stack beside yours, stopped at the end
	@$(DEMO) down --volumes --remove-orphans >/dev/null 2>&1
	@$(DEMO) up --detach --build --quiet-pull --wait
	@$(DEMO) run --rm leadline demo --running; status=$$?; $(DEMO) down >/dev/null 2>&1; exit $$status

compose-down: ## remove all containers of ours and THEIR DATA: your stack, the demo's, the cluster's
	docker compose down --volumes --remove-orphans
	$(DEMO) down --volumes --remove-orphans
	docker compose --env-file compose/cluster.env down --volumes --remove-orphans

bench-throughput: setup ## conversions a second beside what PostgreSQL takes from memory
	@$(BIN)/python -m bench.throughput

bench-latency: setup ## milliseconds from request to customer.created, beside a bare loop
	@$(BIN)/python -m bench.latency

lock: setup ## pin every dependency with its hashes in requirements.lock
	$(LOCK) --extra local --extra dev pyproject.toml -o requirements.lock
	$(LOCK) --constraint requirements.lock pyproject.toml -o requirements.image.lock
	sed -n 's/^requires = \["\(.*\)"\]/\1/p' pyproject.toml | $(LOCK) --constraint requirements.lock - -o requirements.build.lock

clean: ## remove what was made: .venv and the data of local stacks
	rm -rf .venv .leadline .pytest_cache .mypy_cache .ruff_cache .hypothesis

# make run     set everything up, crawl the sample web, print the report, write report.html, say how to open the team's page
#              make run PORT=9000 has the team's page on that port, where its own (8765) is taken
# make test    set everything up and run the tests
# make test-slow   the tests that watch and schedule in real time (four minutes)
# make check   format, lint, strict types, then the tests with warnings as errors
# make eval    what the judges reach on labelled sets and written sentences, a table a task
# make boards  regenerate the Kibana boards from their YAML; make rehearse plays the container start on loopback
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv

# A PORT of the environment is meant for somebody else.
PAGE_PORT := $(if $(filter command line,$(origin PORT)),--page-port $(PORT))

.DEFAULT_GOAL := run
.PHONY: run test test-slow check lint eval bench simulate docs boards rehearse format clean

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Candor needs Python 3.11 or newer: make run PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

$(VENV)/.installed: pyproject.toml constraints.txt | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(UV) pip install --quiet --python $(BIN)/python --constraint constraints.txt --group dev
	@touch $@

run: $(VENV)/.installed
	$(BIN)/candor sample --html report.html $(PAGE_PORT)

test: $(VENV)/.installed-dev
	$(BIN)/pytest --numprocesses 2 --dist loadgroup -m 'not slow'

test-slow: $(VENV)/.installed-dev
	$(BIN)/pytest -m slow

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test test-slow

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

eval: $(VENV)/.installed-dev
	$(BIN)/python -m tests.support.eval.judge_table
	$(BIN)/python -m tests.support.eval.meaning

bench: $(VENV)/.installed-dev
	$(BIN)/python -m bench

simulate: $(VENV)/.installed-dev
	$(BIN)/python -m bench.simulate
	$(BIN)/python -m bench.bursts
	$(BIN)/python -m bench.held_out
	$(BIN)/python -m bench.placement

clean:
	rm -rf $(VENV) .build .mypy_cache .ruff_cache .pytest_cache .hypothesis

docs: $(VENV)/.installed
	$(BIN)/python -m analysis.model.reference > docs/fields.md
	$(BIN)/python -m analysis.report.json > docs/report.schema.json

boards: $(VENV)/.installed-dev
	tools/boards
	$(BIN)/python -m mappings.kibana.sketch > docs/kibana-boards.svg

rehearse: $(VENV)/.installed-dev
	$(BIN)/python tools/rehearse.py

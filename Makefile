# `make demo` and `make test` are all a newcomer needs; every target makes .venv itself.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
# Without an NVIDIA GPU the pinned release, whose CPU build is small, is enough.
TORCH := $(if $(shell command -v nvidia-smi 2>/dev/null),,-c constraints/cpu.txt)
# Two workers with one thread each: more would stand in each other's way on two cores. What tests of
# a file share is made once where the file stays on one worker: "worksteal" moves tests only at the
# end, "loadfile" never.
RUN_TESTS := OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

.PHONY: help demo test test-slow package docs lint format clean
help:
	@echo "make demo       install into .venv, train on the demo data, write a report (minutes)"
	@echo "make test       install what tests need and run them"
	@echo "make test-slow  the longer tests: workflows, notebooks, every command of the tutorials"
	@echo "make package    make source distribution and wheel, install the wheel elsewhere, use it"
	@echo "make docs       the site, in build/site"
	@echo "make lint       ruff, mypy and snakefmt"

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and was not found; set PYTHON=/path/to/python"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	@touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml constraints/cpu.txt
	$(BIN)/python -m pip install --quiet $(TORCH) -e .
	@touch $@

$(VENV)/.test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet $(TORCH) -e '.[test,lint]'
	@touch $@

$(VENV)/.docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet $(TORCH) -e '.[docs]'
	@touch $@

demo: $(VENV)/.installed
	$(BIN)/seqcnn train --task accessibility --out runs/demo --overwrite

test: $(VENV)/.test
	$(RUN_TESTS) --dist worksteal -m "not slow" $(PYTEST)

test-slow: $(VENV)/.test
	$(RUN_TESTS) --dist loadfile -m slow --ignore=tests/package $(PYTEST)

package: $(VENV)/.test
	$(BIN)/python -m pytest -m slow tests/package $(PYTEST)

docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy docs_build
	$(BIN)/snakefmt --check --compact-diff workflows

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt workflows

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .mypy_cache

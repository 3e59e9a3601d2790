# `make demo` and `make test` are all a newcomer needs; both make .venv themselves.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
# Without an NVIDIA GPU the pinned release, whose CPU build is small, is enough.
TORCH := $(if $(shell command -v nvidia-smi 2>/dev/null),,-c constraints/cpu.txt)

.PHONY: help demo test test-slow lint format clean
help:
	@echo "make demo       install into .venv, train on the demo data, write a report (minutes)"
	@echo "make test       install what tests need and run them"
	@echo "make test-slow  the longer tests"
	@echo "make lint       ruff and mypy"

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

demo: $(VENV)/.installed
	$(BIN)/seqcnn train --task accessibility --out runs/demo --overwrite

test: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow" $(PYTEST)

test-slow: $(VENV)/.test
	$(BIN)/python -m pytest -m slow $(PYTEST)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .mypy_cache

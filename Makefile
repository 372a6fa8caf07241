# make setup | demo | test | lint | lock | bench | soak | fuzz | wheel | clean. Everything happens in .venv; nothing else is touched.

PYTHON ?= python3
PORT ?= 5080
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock'

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint lock wheel clean bench soak fuzz

help:
	@echo 'make demo   install, then serve the demo on http://127.0.0.1:$(PORT) (PORT=... changes it)'
	@echo 'make test   install, then lint and run all tests'
	@echo 'make setup  install only: .venv with the locked dependencies and the package'
	@echo 'make lint   ruff and mypy'
	@echo 'make lock   renew requirements/*.txt from pyproject.toml (UPGRADE=1: newest versions)'
	@echo 'make bench  ratios of one interleaved run, written to test-artifacts'
	@echo 'make soak   moderate load for MINUTES, with memory, errors and feedback that was acknowledged'
	@echo 'make fuzz   parsers and readers against input nobody would send, for FUZZ_SECONDS'
	@echo 'make wheel  dist/*.whl'
	@echo 'make clean  remove .venv, builds and caches'

setup: $(STAMP)

# A stamp file, so that the second time costs nothing. A changed lock or pyproject.toml installs again.
$(STAMP): requirements/dev.txt pyproject.toml setup.py
	@command -v $(PYTHON) >/dev/null || { \
		echo "pgx-cds needs Python 3.11 or newer, and '$(PYTHON)' is not there: install it, or name one with make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "pgx-cds needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Name a newer one with make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "'$(PYTHON)' comes without venv. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	$(BIN)/pgx-cds demo --port $(PORT)

test: setup lint
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy cds_service benchmarks
	$(BIN)/mypy --strict --cache-dir .mypy_cache/strict cds_service/core

# UPGRADE=1 takes the newest versions; without it only what pyproject.toml asks for changes.
lock: setup
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --extra dev --extra screen --extra scale -c requirements/runtime.txt -o requirements/dev.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --extra fuzz -c requirements/dev.txt -o requirements/fuzz.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) requirements/build.in -c requirements/dev.txt -o requirements/build.txt

# Without the old build/, or a file that was deleted since would still be packed.
wheel: setup
	rm -rf build
	$(BIN)/python -m build --no-isolation --wheel

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find cds_service tests -name __pycache__ -type d -prune -exec rm -rf {} +

bench: setup  ## benchmarks: ratios of one interleaved run
	$(BIN)/python -m benchmarks

MINUTES ?= 20
soak: setup  ## moderate load for a long time: memory, errors, lost feedback
	$(BIN)/python -m benchmarks soak --minutes $(MINUTES)

FUZZ_SECONDS ?= 60
fuzz: setup  ## parsers and readers against input nobody would send; FUZZ_SECONDS=3600 for an hour
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/fuzz.txt
	$(BIN)/python -m tests.fuzzing $(FUZZ_SECONDS)

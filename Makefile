# make run      the environment, then Okno          make install   the environment alone (.venv)
# make test     everything that must hold           make lock      pin the dependencies anew
# make pictures take the pictures of docs/images anew
# make soak     people write, the program is killed again and again, and everything is looked for
# make fidelity everything that people send, tried between all messengers; writes docs/fidelity.md
# make audit    the pinned packages against known holes (needs a network)
# Needs Python 3.11 or newer with venv, make, and a network for packages. Nothing outside .venv is touched, but for
# the tests' browser and database server, which come from Debian's packages.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# more workers than two cores have: many tests wait, for programs and browsers
PYTEST_ARGS ?= -n 4
SOAK_ARGS ?= --seconds 60 --rounds 3

.PHONY: run install test check-tests soak audit fidelity pictures lint check-types check-imports chromium postgresql lock clean
.DELETE_ON_ERROR:

run: $(VENV)/.installed
	@exec $(BIN)/okno run

install: $(VENV)/.installed

# types are looked at beside the tests, which leave room for it
test: lint check-imports chromium postgresql
	@$(MAKE) --no-print-directory --jobs 2 check-types check-tests

# compiled once, whatever the environment says: else every worker, and every program that a test starts, does it anew
check-tests: export PYTHONDONTWRITEBYTECODE :=
check-tests: $(VENV)/.dev-installed
	@$(BIN)/python -m compileall -q -j 2 domain storage escalation handlers bot tests benchmarks
	$(BIN)/python -m pytest $(PYTEST_ARGS)

soak: $(VENV)/.dev-installed
	$(BIN)/python -m tests.soak $(SOAK_ARGS)

fidelity: $(VENV)/.dev-installed
	$(BIN)/python -m tests.fidelity --write

pictures: $(VENV)/.dev-installed chromium
	$(BIN)/python -m tests.browser.gallery

lint: $(VENV)/.dev-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check-types: $(VENV)/.dev-installed
	$(BIN)/mypy

check-imports: $(VENV)/.dev-installed
	$(BIN)/lint-imports

# A directory of its own that a moved checkout or a removed Python has spoilt is made anew.
$(VENV)/.made: Makefile
	@$(BIN)/python -c '' 2>/dev/null && test "$$($(BIN)/python -c 'import sys; print(sys.prefix)')" = "$(CURDIR)/$(VENV)" || { \
	  for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; done; \
	  test -n "$$python" || { echo 'okno needs Python 3.11 or newer: none found as python3' >&2; exit 1; }; \
	  $$python -m venv --clear $(VENV) || { echo 'okno needs venv: install it (Debian: apt-get install python3-venv)' >&2; exit 1; }; }
	@touch $@

$(VENV)/.installed: $(VENV)/.made requirements.txt pyproject.toml
	@echo 'Installing what Okno needs into $(VENV) …'
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev-installed: $(VENV)/.installed requirements-dev.txt
	@echo 'Installing what the tests need into $(VENV) …'
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

# The browser tests drive Debian's Chromium; playwright's own would be a download from elsewhere. Its headless shell opens
# a page for a ninth of what the whole browser takes, which serves where the shell can't be had.
chromium:
	@command -v chromium-headless-shell >/dev/null || { \
	  if test "$$(id -u)" = 0; then as_root=; else as_root='sudo -n'; fi; \
	  echo 'Installing headless Chromium for the browser tests …'; \
	  hurry='-o Acquire::Retries=0 -o Acquire::http::Timeout=20'; \
	  { $$as_root apt-get $$hurry update -qq && DEBIAN_FRONTEND=noninteractive $$as_root apt-get $$hurry install -qq -y \
	    --no-install-recommends chromium-headless-shell >/dev/null; } 2>/dev/null \
	  || command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	  || { echo 'The browser tests need Chromium: install it (Debian: apt-get install chromium-headless-shell), then make test' >&2; exit 1; }; }

# Every test of what is stored runs on SQLite and on PostgreSQL, on a server that is thrown away afterwards or the one
# that TEST_POSTGRES names; one test restarts a server, always one of its own.
postgresql:
	@command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || { \
	  if test "$$(id -u)" = 0; then as_root=; else as_root='sudo -n'; fi; \
	  echo 'Installing PostgreSQL for the tests …'; \
	  { $$as_root apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -qq -y --no-install-recommends postgresql >/dev/null; } \
	  || { echo 'The tests need PostgreSQL: install it (Debian: apt-get install postgresql), then make test' >&2; exit 1; }; }

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
  --no-emit-find-links pyproject.toml --extra build

lock: $(VENV)/.installed
	@$(PIP) install uv
	$(LOCK) --output-file requirements.txt
	$(LOCK) --extra dev --constraint requirements.txt --output-file requirements-dev.txt

# pip-audit asks the package index and its advisories about what the files pin; nothing of them is installed for it
audit: $(VENV)/.installed
	@$(PIP) install pip-audit
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements.txt
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements-dev.txt

clean:
	rm -rf $(VENV) *.egg-info build .mypy_cache .ruff_cache .hypothesis .import_linter_cache

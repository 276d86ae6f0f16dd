# `make` alone lists the targets. Every target sets up what it needs; all are safe to repeat.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin
CATALOGS := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/messages.po))
WORDS := translations/messages.pot
EXTRACT := $(BIN)/pybabel -q extract -F pyproject.toml -k lazy_gettext -k _l -k N_ --no-location --omit-header \
	--sort-output
LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--custom-compile-command "make lock"
LIGHTHOUSE := tests/lighthouse/node_modules/.package-lock.json
WORKERS ?= 2
# Nothing may run beside it.
TIMED := tests/browser/test_waking.py

.PHONY: help setup run test lint unit walks chromium gallery lighthouse browser fuzz i18n language migrate lock docs check bench

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) $(CATALOGS) ## Make the virtual environment and compile the translations

run: setup ## Start portal (:8080), worker and demo client (:8888)
	@exec $(BIN)/flask --app wsgi up

test: lint unit walks chromium ## Everything: lint, types, contracts, all suites

lint: setup ## Style, types, import contracts, templates, translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates app/demo/templates --lint --quiet
	$(BIN)/djlint templates app/demo/templates --check

unit: setup ## All tests but the walks and the browser's
	$(BIN)/pytest tests --ignore=tests/walks --ignore=tests/browser -n $(WORKERS) --dist worksteal

walks: setup ## Walks through real processes, on SQLite and PostgreSQL
	$(BIN)/pytest tests/walks

chromium: setup ## Walks and every page in Chromium
	$(BIN)/pytest tests/browser -n $(WORKERS) --dist worksteal --ignore=$(TIMED)
	$(BIN)/pytest $(TIMED)

fuzz: setup ## Ask the APIs far more than the suite does (make fuzz EXAMPLES=200)
	WEBFLOW_TEST_EXAMPLES=$(or $(EXAMPLES),50) $(BIN)/pytest tests/api/test_generated_requests.py -n $(WORKERS)

gallery: setup ## Pictures of the pages, into docs/gallery
	$(BIN)/python -m tests.support.gallery docs/gallery

lighthouse: setup $(LIGHTHOUSE) ## Lighthouse on pages of a running portal (needs Node.js)
	$(BIN)/python -m tests.support.lighthouse

browser: chromium gallery lighthouse ## All that needs a browser

bench: setup ## Measure, and write docs/performance.md (make bench ARGS="units masking")
	$(BIN)/python -m bench --write $(ARGS)

i18n: setup ## Collect the words of pages and update the translations
	$(EXTRACT) -o $(WORDS) .
	$(BIN)/pybabel update -i $(WORDS) -d translations --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	rm $(WORDS)

language: setup ## Begin a translation: make language L=sk
	$(EXTRACT) -o $(WORDS) .
	$(BIN)/pybabel init -i $(WORDS) -d translations -l "$(L)"
	rm $(WORDS)

migrate: setup ## Write a migration from the models: make migrate M="Operations expire"
	$(BIN)/flask --app wsgi db upgrade
	$(BIN)/flask --app wsgi db migrate -m "$(M)"
	$(BIN)/ruff check --quiet --fix migrations
	$(BIN)/ruff format --quiet migrations

lock: $(READY) ## Pin the requirements, with hashes (make lock ARGS=--upgrade: the newest)
	$(LOCK) $(ARGS) requirements.in -o requirements.txt
	$(LOCK) $(ARGS) -c requirements.txt requirements-dev.in -o requirements-dev.txt

docs: setup ## Generate docs/configuration.md
	$(BIN)/flask --app wsgi docs configuration > docs/configuration.md

check: lint unit ## What to run before a commit

# The first Python that is new enough, unless PYTHON=… names one.
$(READY): requirements-dev.txt
	@python="$(PYTHON)"; \
	if [ -z "$$python" ]; then \
		for python in python3 python3.14 python3.13 python3.12 python3.11 none; do \
			if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; \
		done; \
	fi; \
	if ! "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(LIGHTHOUSE): tests/lighthouse/package-lock.json
	npm ci --prefix tests/lighthouse --no-audit --no-fund --ignore-scripts

%.mo: %.po | $(READY)
	@$(BIN)/pybabel -q compile --input-file $< --output-file $@

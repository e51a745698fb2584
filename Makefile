# What one does here. `make run` and `make test` need nothing but Python 3.11 or newer.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The tests start the program hundreds of times: what is compiled is kept.
unexport PYTHONDONTWRITEBYTECODE
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: run serve test test-long check format lock clean

run: $(VENV)/.run  ## poll the sources in config.yaml once, and write feeds/
	@$(BIN)/aggregator run

serve: $(VENV)/.run  ## the same on a schedule, with feeds/ on http://127.0.0.1:8080/
	@$(BIN)/aggregator serve

test: $(VENV)/.test  ## the tests
	@$(BIN)/python -m pytest -q -n 2 -m "not long"

test-long: $(VENV)/.test  ## what takes minutes: other programs reading what we write
	@$(BIN)/python -m pytest -q -m long

check: $(VENV)/.test  ## format, lint, types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(VENV)/.test
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

# Exact versions for both, with hashes, for every platform and every Python that we support.
lock: $(VENV)/.test
	@$(INSTALL) 'uv>=0.11,<1'
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links pyproject.toml --extra fulltext --extra postgres --group dev -o requirements-dev.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Not bin/python: that is there as well when making the rest of it has failed.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv --clear $(VENV) && $(BIN)/python -m pip --version >/dev/null || { rm -rf $(VENV); \
	  echo "$(PYTHON) cannot make $(VENV): on Debian and Ubuntu, apt install python3-venv; then make again" >&2; exit 1; }

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/pip
	@echo "installing what it needs into $(VENV)"
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --editable .
	@touch $@

$(VENV)/.test: requirements-dev.lock $(VENV)/.run
	@echo "installing what the tests need into $(VENV)"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

# Two commands matter: `make app` and `make test`. Everything is installed into .venv, nothing elsewhere.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
export PORT
# Tests make thousands of small databases: in memory where the machine has such a folder.
SCRATCH := $(shell [ -w /dev/shm ] && echo /dev/shm || echo $${TMPDIR:-/tmp})

.PHONY: app test check bench soak reproduce lock clean

app: $(VENV)/.app-ready ## Set up and open Touchstone with the demo study (PORT=8501)
	@$(BIN)/touchstone serve --demo --browser --port $(PORT)

test: $(VENV)/.dev-ready ## Set up and run the tests
	@OPENBLAS_NUM_THREADS=$${OPENBLAS_NUM_THREADS:-1} PYTEST_DEBUG_TEMPROOT=$(SCRATCH) $(BIN)/python -m pytest -n 2 --dist loadgroup -m "not soak" $(TESTS)

check: $(VENV)/.dev-ready ## Linter, formatter, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: $(VENV)/.dev-ready ## Measure, as ratios to a floor or a peer in the same run; writes build/bench.json
	@$(BIN)/python -m tests.bench $(ROWS)

soak: $(VENV)/.dev-ready ## Repeated kills, races and simulations at full count
	@$(BIN)/python -m pytest -m soak $(TESTS)

reproduce: $(VENV)/.dev-ready ## Compare with published figures (needs TOUCHSTONE_REFERENCE_DATA); writes build/reproduce.csv
	@$(BIN)/python -m tests.reproduce $(SETS)

lock: ## Renew the locked dependencies (needs uv)
	@for kind in "" -dev; do \
	  extras="--extra postgres --extra build"; [ -z "$$kind" ] || extras="$$extras --extra dev"; \
	  UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile -q pyproject.toml $$extras --upgrade --universal --generate-hashes \
	    --no-emit-index-url --no-annotate --python-version 3.11 -o requirements$$kind.lock || exit 1; \
	done

$(VENV)/bin/pip:
	@command -v $(PYTHON) >/dev/null || { echo "Touchstone needs Python 3.11 or newer; '$(PYTHON)' was not found. Install it, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Touchstone needs Python 3.11 or newer; $$($(PYTHON) --version) was found. Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python could not make a virtual environment (Debian and Ubuntu: apt install python3-venv)."; exit 1; }

$(VENV)/.app-ready: requirements.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing what Touchstone needs into $(VENV) (once; a minute or two) ..."
	@[ -e $(VENV)/.dev-ready ] || $(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev-ready: requirements-dev.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing what the tests need into $(VENV) (once; a minute or two) ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean: ## Remove what was built and installed; data/ stays
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Everything a person types. `make run` from a fresh clone is enough; ARGS passes options on: make run ARGS="--port 8001"
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup run test lint bench fmt
.DEFAULT_GOAL := run

setup: $(VENV)/.installed $(VENV)/.compiled  ## the virtual environment, what the product runs on, the translations
	@$(BIN)/python manage.py messages --compile

run: setup  ## everything, with a demo, behind one port; Ctrl-C stops it
	@$(BIN)/python manage.py up --demo $(ARGS)

test: setup $(VENV)/.installed-tests  ## the whole suite on real engines
	@$(BIN)/python -m hotline.engines --fast -- $(BIN)/python -m pytest $(ARGS)

lint: setup $(VENV)/.installed-tests  ## formatting, lint, types, import rules, templates, migrations, translations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --check --quiet
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py messages --check

bench: setup $(VENV)/.installed-tests  ## the benchmarks, as ratios against a baseline of the same run
	@$(BIN)/python -m hotline.engines -- $(BIN)/python -m tests.bench $(ARGS)

fmt: $(VENV)/.installed-tests  ## put everything into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djlint templates --reformat --quiet || true  # it exits 1 when it changed something

# A stamp a requirements file: the second run is instant, and a changed file installs again.
$(BIN)/python:
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo "Installing requirements"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -r requirements.txt
	@touch $@

# What the planner of convoys runs millions of times, as machine code kept beside its source.
$(VENV)/.compiled: $(wildcard cases/planning/allocation/*.py) | $(VENV)/.installed
	@echo "Compiling the planner"
	@rm -f cases/planning/allocation/__pycache__/*.nb?
	@$(BIN)/python -c "from cases.planning.allocation.ready import planner; planner()"
	@touch $@

$(VENV)/.installed-tests: tests/requirements.txt $(VENV)/.installed
	@echo "Installing test requirements"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -r tests/requirements.txt
	@touch $@

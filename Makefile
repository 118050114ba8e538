# Needs only make and Python 3.11. Everything else is installed into .venv, checked against the hashes in requirements/.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
SWITCHBOARD := .venv/bin/python -m switchboard
COMPILE := .uv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help run cluster dev shell train test test-long lint format bench lock clean remove-shop environment

help: ## What there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: environment ## Serve the chat; Ctrl-C stops everything
	@$(SWITCHBOARD) run

cluster: environment ## The same with two edges and two workers behind nginx; what dies is started again
	@$(SWITCHBOARD) cluster

dev: environment ## The same, and follow every save: retrain, reload, rebuild
	@$(SWITCHBOARD) dev

shell: environment ## Talk to the bot in this terminal
	@$(SWITCHBOARD) shell

train: environment ## Make a model, if the bot's files changed
	@$(SWITCHBOARD) train

test: environment ## Every check, with pytest at the end
	@.venv/bin/python scripts/checks.py

test-long: environment ## The loops that are too long for every change
	@.venv/bin/python -m pytest -m long

lint: environment ## Style and types only
	@.venv/bin/python scripts/checks.py style types

format: environment ## Bring the Python files into shape
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

bench: environment ## Measure, and write the report
	@.venv/bin/python -m bench

remove-shop: environment ## Take the example shop out and leave a small working bot
	@.venv/bin/python scripts/remove_shop.py

lock: environment ## Pin the newest allowed packages, with hashes
	$(COMPILE) --upgrade requirements/uv.in --output-file requirements/uv.txt
	$(COMPILE) --upgrade --override requirements/overrides.txt requirements/runtime.in --output-file requirements/runtime.txt
	$(COMPILE) --upgrade --override requirements/overrides.txt --constraint requirements/runtime.txt requirements/dev.in --output-file requirements/dev.txt
	$(COMPILE) --upgrade requirements/fuzz.in --output-file requirements/fuzz.txt

clean: ## Remove what can be made again; .data stays
	rm -rf .venv .uv .fuzz models .rasa results node_modules client/dist widget/dist console/dist build *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results

environment:
	@$(PYTHON) scripts/bootstrap.py

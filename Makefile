# `make ask Q="…"` sets up everything it needs and answers; `make test` does the same and runs every test.

PYTHON ?= python3
VENV ?= .venv
Q ?= quelles conditions pose l'Allemagne ?
BIN := $(VENV)/bin
RAG := $(BIN)/rag

export RAG_MODELS_DIR ?= models
export RAG_INDEX ?= index
# Tests start the program hundreds of times: each module is compiled once.
export PYTHONDONTWRITEBYTECODE :=
# Tests run in so many processes.
TEST_PROCESSES ?= 2
PYTEST := $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadgroup --no-loadscope-reorder
# Through the environment, so that quotes and dollar signs in a question stay what they are.
export Q

.DEFAULT_GOAL := help
.PHONY: help setup models ask chat search index doctor eval gate bench check test scale-test docs lint types clean

help:
	@echo "make ask Q=\"…\"   answer a question (sets everything up the first time)"
	@echo "make chat        open the chat page in the browser (sets everything up the first time)"
	@echo "make check       run the tests that need no model, no browser and little time"
	@echo "make test        run the whole test suite (sets everything up the first time)"
	@echo "make scale-test  index and embed on two machines (needs root) and lose one"
	@echo "make setup       virtual environment and libraries only"
	@echo "make index       build or update the index of seeds/"
	@echo "make eval        measure answers on the test half of the seed questions"
	@echo "make gate        fail when search or answers have become worse than the baselines"
	@echo "make bench       measure starts, answers, searches, builds and memory beside the plain libraries"
	@echo "make doctor      check the installation"
	@echo "make docs        build the documentation into site/, warnings as errors"
	@echo "make lint types  static checks"
	@echo "make clean       remove environment, index, site and caches; fetched models stay"

setup: $(VENV)/.ready
models: $(RAG_MODELS_DIR)/.fetched
index: $(RAG_INDEX)/manifest.json

$(VENV)/.ready: pyproject.toml .setup/install.py .setup/llama.txt .setup/constraints.txt
	@$(PYTHON) .setup/install.py $(VENV)
	@touch $@

# A model that is there and whole is not fetched again.
$(RAG_MODELS_DIR)/.fetched: | $(VENV)/.ready
	@$(RAG) fetch
	@touch $@

$(RAG_INDEX)/manifest.json: $(wildcard seeds/*) | $(RAG_MODELS_DIR)/.fetched
	@$(RAG) index seeds

ask: setup index
	@$(RAG) ask "$$Q"

chat: setup index
	@$(RAG) chat

search: setup index
	@$(RAG) search "$$Q"

doctor: setup
	@$(RAG) doctor

eval: setup index
	@$(RAG) eval run --half test

gate: setup models
	@$(BIN)/python -m eval gate

bench: setup index
	@$(BIN)/python -m eval bench

# What needs several machines: namespaces of this one, made by root. The last line is JSON.
scale-test: setup models
	@$(BIN)/pip install -q -c .setup/constraints.txt -e '.[ray,postgres]'
	@$(BIN)/python -m pytest tests/embedding/test_ray_embedder.py tests/postgres
	@$(BIN)/python -m eval scale together

check: setup
	@$(PYTEST) -m "not models and not browser and not postgres and not slow"

# The generator's threads wait for each other, so what asks it has the machine to itself; the rest mostly waits.
test: setup models check
	@$(BIN)/python -m pytest -m models
	@$(PYTEST) -m "(browser or postgres or slow) and not models"

# The variable keeps the theme from printing an announcement of its makers.
docs: setup
	@$(BIN)/pip install -q -c .setup/constraints.txt -e '.[docs]'
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "site/index.html"

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo --no-cache

types: setup
	@$(BIN)/mypy

clean:
	rm -rf $(VENV) site .pytest_cache .mypy_cache .ruff_cache $(RAG_INDEX)/manifest.json $(RAG_INDEX)/data-*

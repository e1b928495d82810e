# Pitboss. `make` alone prints this list.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory
# Without byte code every start compiles two thousand modules again.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PITBOSS := $(BIN)/python -m deploy.cli
PYTEST := $(BIN)/python -m pytest
RINGS ?= tests
N ?= 1
MINUTES ?= 60
WORKERS ?= logical --maxprocesses 4

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^## / {printf "\n%s\n", substr($$0, 4)} \
	  /^[a-z0-9-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## Run

setup: ## Install what running needs (hash-locked), if it is missing or changed
	@sh deploy/setup.sh "$(PYTHON)" "$(VENV)" requirements.txt

setup-dev: ## Install what developing and testing needs as well
	@sh deploy/setup.sh "$(PYTHON)" "$(VENV)" requirements-dev.txt

up: setup ## Fresh machine to running product: all services in one process
	@$(PITBOSS) up

cluster: setup ## Every service its own process over RabbitMQ; N=2 runs two of each
	@$(PITBOSS) cluster --replicas $(N)

demo: setup ## Play a scripted day against what runs (starts it if nothing does)
	@$(PITBOSS) demo

down: ## Stop everything; the data stays in .local/
	@if [ -x $(BIN)/python ]; then $(PITBOSS) down; fi

status: ## Show what runs
	@if [ -x $(BIN)/python ]; then $(PITBOSS) status; else echo "nothing is installed yet; run make up"; fi

logs: ## Follow the logs; SERVICE=tickets for one of a cluster
	@if [ -x $(BIN)/python ]; then $(PITBOSS) logs $(SERVICE); else echo "nothing is installed yet; run make up"; fi

run: setup ## Serve one service in the foreground: make run SERVICE=tickets
	@$(PITBOSS) run $(SERVICE)

## Check

fmt: setup-dev ## Format and repair what can be repaired
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lint: setup-dev ## Formatting and lint
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: setup-dev ## Static types, strict
	@$(BIN)/mypy .

imports: setup-dev ## Rooms and layers
	@$(BIN)/lint-imports

house: setup-dev ## House rules
	@$(PYTEST) tests/house -q -p no:randomly

check: setup-dev ## All of the above, unit tests and drift of generated documents
	@PITBOSS_BIN=$(BIN) sh deploy/check.sh

## Test

test-unit: setup-dev ## Pure rules, no IO
	@$(PYTEST) tests/unit -n auto

test-service: setup-dev ## Each service on real PostgreSQL
	@$(PYTEST) tests/service -n auto

test-contract: setup-dev ## Schemas, samples, OpenAPI, both transports
	@$(PYTEST) tests/contract

test-resilience: setup-dev ## Kills, freezes, lost brokers
	@$(PYTEST) tests/resilience

test-e2e: setup-dev ## The running product from the outside
	@$(PYTEST) tests/e2e

test: setup-dev ## Everything, on real PostgreSQL and real RabbitMQ; RINGS= narrows it, WORKERS= how wide
	@$(PYTEST) -n $(WORKERS) --dist loadscope $(RINGS)

coverage: setup-dev ## Coverage of unit and service tests; report in htmlcov/
	@$(PYTEST) tests/unit tests/service --cov --cov-report=term --cov-report=html

bench: setup-dev ## Every benchmark, as a ratio against its limit
	@$(BIN)/python -m tests.bench

bench-quick: setup-dev ## The benchmarks with short runs
	@$(BIN)/python -m tests.bench --quick

faults: setup-dev ## 2,000 writes through kills of everything; odd requests for ten minutes
	@PITBOSS_LEDGER_WRITES=$${PITBOSS_LEDGER_WRITES:-2000} PITBOSS_FUZZ_SECONDS=$${PITBOSS_FUZZ_SECONDS:-600} \
	  $(PYTEST) tests/resilience/test_ledger.py tests/e2e/test_schemathesis.py -s --timeout 1800 -p no:randomly

rolling: setup-dev ## Restart chat and gateway one by one under 200 live chats
	@PITBOSS_ROLLING_CHATS=$${PITBOSS_ROLLING_CHATS:-200} PITBOSS_ROLLING_PAUSE=$${PITBOSS_ROLLING_PAUSE:-30} $(PYTEST) tests/resilience/test_rolling.py -s -p no:randomly

protocol: setup-dev ## 5,000 steps of the chat's protocol on two processes, then as many with a tenth of the hints lost
	@PITBOSS_CHAT_STEPS=$${PITBOSS_CHAT_STEPS:-5000} $(PYTEST) tests/service/chat/test_protocol_machine.py -s --timeout 7200

soak: setup-dev ## An hour of talk with faults, on two processes of each service; MINUTES= for another time
	@$(BIN)/python -m tests.bench.soak --minutes $(MINUTES)

pictures: setup-dev ## Take the pictures of docs/pictures anew, light and dark
	@PITBOSS_PICTURES=docs/pictures $(PYTEST) tests/e2e/pictures -p no:randomly

bench-peer: setup-dev ## Ticket create and list against django-helpdesk
	@$(BIN)/python -m tests.bench --peer

## Data

migrate: setup ## Bring the local databases to their newest revision; SERVICE= for one
	@$(PITBOSS) migrate $(SERVICE)

migration: setup ## Write a migration: make migration SERVICE=tickets M="add mood"
	@$(PITBOSS) migration $(SERVICE) "$(M)"

dead: setup ## Events that were given up; SERVICE= for one
	@$(PITBOSS) events dead $(SERVICE)

replay: setup ## Try dead events again: make replay SERVICE=tickets
	@test -n "$(SERVICE)" || { echo "say which service: make replay SERVICE=tickets"; exit 2; }
	@$(PITBOSS) events replay $(SERVICE)

## Generated and other

contracts: setup-dev ## Write the documents that derive from code
	@$(PITBOSS) contracts

contracts-check: setup-dev ## Fail if they differ from the code
	@$(PITBOSS) contracts --check

lock: ## Resolve requirements*.in anew into the hash-locked files (needs uv)
	@uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  requirements-dev.in --output-file requirements-dev.txt
	@uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --constraint requirements-dev.txt requirements.in --output-file requirements.txt

clean: down ## Stop everything and delete the local data, caches and reports
	@for place in .local/*.place; do if [ -f "$$place" ]; then rm -rf "$$(cat "$$place")"; fi; done
	@rm -rf .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage* bench-results
	@find . -name __pycache__ -type d -not -path './$(VENV)/*' -exec rm -rf {} +

.PHONY: help setup setup-dev up cluster demo down status logs run fmt lint types imports house check test-unit \
  test-service test-contract test-resilience test-e2e test coverage bench bench-quick bench-peer faults rolling \
  protocol soak pictures migrate migration dead replay contracts contracts-check lock clean

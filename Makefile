# One door: `make` shows what there is.
PRESET ?= release
JOBS ?= 2
DATA ?= demo-data
LISTEN ?= 127.0.0.1:8080
RELEASE := build/release
DEALOG := $(RELEASE)/bin/dealog

.DEFAULT_GOAL := help
.PHONY: help setup setup-test build run test bench lint format asan tsan clang ci-full breaking-demo clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what building needs (Debian 12, root or sudo)
	@tools/install.sh build

setup-test: setup ## Install what the tests need beside that
	@tools/install.sh test

build: setup ## Release build: build/release/bin/dealog
	@cmake --preset release > $(RELEASE).configure.log 2>&1 || { cat $(RELEASE).configure.log; exit 1; }
	@cmake --build --preset release --parallel $(JOBS) --target dealog

run: build ## Build, fill an empty data directory with a demo company, serve it, print URL and key
	@tools/run.sh $(DEALOG) $(DATA) $(LISTEN)

test: setup-test ## Build and run everything through ctest
	@cmake --preset $(PRESET) > /dev/null
	@cmake --build --preset $(PRESET) --parallel $(JOBS)
	@ctest --preset $(PRESET)

bench: build ## Measure against a baseline in the same run; fails on a missed budget
	@cmake --build --preset release --parallel $(JOBS)
	@bench/run.sh $(RELEASE)

lint: setup-test ## Format check, clang-tidy on changed files, buf lint and breaking
	@tools/lint.sh

format: setup-test ## Format the tree
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i

asan: setup-test ## All tests under AddressSanitizer and UBSan (g++)
	@$(MAKE) --no-print-directory test PRESET=asan

tsan: setup-test ## Log, projections and commands under ThreadSanitizer
	@cmake --preset tsan > /dev/null
	@cmake --build --preset tsan --parallel $(JOBS) --target test_eventstore test_projections test_commands
	@ctest --preset tsan -L 'eventstore|projections|commands'

clang: setup-test ## Second opinion: clang 19
	@$(MAKE) --no-print-directory test PRESET=clang

breaking-demo: setup-test ## Show that the contract check turns red when a field is renumbered
	@tools/breaking_demo.sh

ci-full: test asan tsan clang lint bench ## Everything there is

clean: ## Remove what was built
	@rm -rf build

# A thin front for CMake: everything is built in build/release. `make help` lists the targets.
# SPDX-License-Identifier: MIT
BUILD  ?= build/release
PREFIX ?= /usr/local
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: all help examples test check install format floors symbols manual golden clean

all: configure ## library, program, examples and tests, in build/release
	@cmake --build $(BUILD) -j $(JOBS)

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

examples: configure ## the example programs, in build/release/examples
	@cmake --build $(BUILD) -j $(JOBS) --target examples

test: all ## the quick tests
	@ctest --test-dir $(BUILD) -L quick -j $(JOBS) --output-on-failure

check: ## every test, with all set-up: the same as ./check
	@./check

install: all ## into PREFIX (/usr/local); DESTDIR is respected
	@cmake --install $(BUILD) --prefix $(PREFIX)

format: ## lay out every C file with clang-format 14
	@tools/format.sh --fix

floors: ## report includes that break the floors (docs/floors.txt)
	@python3 tools/floors.py

symbols: all ## report names that the library should not show, and mutable globals
	@tools/symbols.sh $(BUILD)

manual: ## the manual from the public headers, in build/manual
	@python3 tools/mkmanual.py include/recur build/manual

golden: ## make the golden vectors again (needs PyTorch)
	@python3 tests/golden/make_golden.py
	@python3 tests/golden/make_sequence_golden.py
	@python3 tests/golden/make_seq2seq_golden.py

clean: ## remove build/
	@rm -rf build

.PHONY: configure
configure:
	@cmake -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release >/dev/null

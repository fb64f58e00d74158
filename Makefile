# The two commands of the README, and what developers use besides. Each installs what is missing.

BUILD ?= .build
SWIFT_FLAGS = --scratch-path $(BUILD) --explicit-target-dependency-import-check error
PYTHON = $(BUILD)/python/bin/python
# Most of the time a test waits for something; all at once, some would wait for a processor too long.
TESTS_AT_ONCE ?= $(shell expr 3 '*' $$(nproc))

.PHONY: demo test test-build test-tools build release format lint bench

demo:
	@.ci/prepare build
	@swift build $(SWIFT_FLAGS) --product slipway
	@.ci/demo $(BUILD)/debug/slipway

test:
	@.ci/prepare build
	@$(MAKE) --no-print-directory --jobs=2 test-build test-tools
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$(TESTS_AT_ONCE) \
		swift test $(SWIFT_FLAGS) --skip-build --disable-xctest
	$(PYTHON) -m pytest -q -p no:cacheprovider -n $(TESTS_AT_ONCE) --dist loadgroup Tests/Foreign \
		--slipway $(BUILD)/debug/slipway

# Side by side: the one computes, the other downloads.
test-build:
	swift build $(SWIFT_FLAGS) --build-tests

test-tools:
	@.ci/prepare test $(BUILD)

build:
	swift build $(SWIFT_FLAGS)

release:
	swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --disable-local-rpath \
		--product slipway

format:
	swift format --parallel --in-place --recursive Sources Tests Benchmarks migrations Package.swift

lint:
	swift format lint --parallel --strict --recursive Sources Tests Benchmarks migrations Package.swift

bench: release test-tools
	$(PYTHON) Benchmarks/store.py --slipway $(BUILD)/release/slipway
	$(PYTHON) Benchmarks/plan.py --slipway $(BUILD)/release/slipway
	$(PYTHON) Benchmarks/package.py --slipway $(BUILD)/release/slipway
	$(PYTHON) Benchmarks/deploy.py --slipway $(BUILD)/release/slipway
	$(PYTHON) Benchmarks/sandbox.py --slipway $(BUILD)/release/slipway
	$(PYTHON) Benchmarks/screens.py --slipway $(BUILD)/release/slipway
	$(PYTHON) Benchmarks/live.py --slipway $(BUILD)/release/slipway

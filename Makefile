# The two commands of the README, and what developers use besides. Each installs what is missing.

BUILD ?= .build
SWIFT_FLAGS = --scratch-path $(BUILD) --explicit-target-dependency-import-check error
PYTHON = $(BUILD)/python/bin/python

.PHONY: demo test build release format lint bench

demo:
	@.ci/prepare build
	@swift build $(SWIFT_FLAGS) --product slipway
	@.ci/demo $(BUILD)/debug/slipway

test:
	@.ci/prepare test $(BUILD)
	swift build $(SWIFT_FLAGS) --build-tests
	swift test $(SWIFT_FLAGS) --skip-build --disable-xctest
	$(PYTHON) -m pytest -q -p no:cacheprovider Tests/Foreign --slipway $(BUILD)/debug/slipway

build:
	swift build $(SWIFT_FLAGS)

release:
	swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --disable-local-rpath \
		--product slipway

format:
	swift format --in-place --recursive Sources Tests Benchmarks migrations Package.swift

lint:
	swift format lint --strict --recursive Sources Tests Benchmarks migrations Package.swift

bench: release
	@.ci/prepare test $(BUILD)
	$(PYTHON) Benchmarks/store.py --slipway $(BUILD)/release/slipway
	$(PYTHON) Benchmarks/plan.py --slipway $(BUILD)/release/slipway
	$(PYTHON) Benchmarks/package.py --slipway $(BUILD)/release/slipway
	$(PYTHON) Benchmarks/deploy.py --slipway $(BUILD)/release/slipway
	$(PYTHON) Benchmarks/sandbox.py --slipway $(BUILD)/release/slipway
	$(PYTHON) Benchmarks/screens.py --slipway $(BUILD)/release/slipway
	$(PYTHON) Benchmarks/live.py --slipway $(BUILD)/release/slipway

.PHONY: setup build test test-real check sanitize demo figures manual install uninstall check-install check-readme examples docs \
  format lint bench bench-peers

setup:
	@scripts/setup

build: setup
	swift build -c release

demo: build
	@.build/release/gamma-mod demo --overlay .build/demo-overlay.png --overwrite

# What README.md shows: a picture with what was skipped of it, and accuracy against work from the study's stored results.
figures: build
	@.build/release/gamma-mod demo --overlay docs/figures/skipped.png
	@cd docs/figures && sha256sum *.png >SHA256SUMS
	@.build/release/gamma-mod reproduce --out docs/reproduction --report-only

# Manual pages from the command line's own descriptions, by swift-argument-parser's plugin.
manual: build
	@swift package generate-manual --multi-page >/dev/null

# PREFIX (/usr/local) says where to; DESTDIR stands in front of it for those who make packages.
install: manual
	@scripts/install install

uninstall:
	@scripts/install uninstall

# Installs into a folder of its own and uses what is there, with the tool and the options of `make test`.
check-install: setup
	@swift package -c release -Xswiftc -enable-testing --scratch-path .build/testing generate-manual --multi-page >/dev/null
	@BINARY=.build/testing/release/gamma-mod MANUAL=.build/testing/plugins/GenerateManual/outputs/gamma-mod scripts/check-install

# Every command of README.md in a clean clone, which is built there.
check-readme: setup
	@scripts/check-readme

# Numerical tests need optimised code; a build folder of their own keeps `make build` incremental.
# FILTER is a regular expression of the names to run (docs/testing.md).
test: setup
	swift test -c release -Xswiftc -enable-testing --scratch-path .build/testing $(if $(FILTER),--filter '$(FILTER)')

# A real language model, which scripts/real-models brings over the network; where it cannot, nothing is tested and that is said.
test-real: setup
	@if scripts/real-models; then \
	  swift test -c release -Xswiftc -enable-testing --scratch-path .build/testing --filter RealModelTests; \
	else echo "the real model cannot be had here, so its tests are left out" >&2; fi

# For work on whatever computes little: Swift without optimisation builds fast, C with it runs fast.
check: setup
	swift test --scratch-path .build/checking -Xcc -O2 $(if $(FILTER),--filter '$(FILTER)')

# Over the suites in which threads and memory matter most; FULL=1 for all of them, which takes some hours.
sanitize: setup
	@scripts/sanitize $(if $(FULL),--full)

# The package as others see it: built from a package of its own, and asked.
examples: setup
	swift build -c release --package-path Examples --scratch-path .build/examples
	@.build/examples/release/ask models/pocket-gamma demo/1.png "What color is the circle?" .build/skipped.png

# With the options of `make test`, whose modules it takes over.
docs: setup
	swift package -c release -Xswiftc -enable-testing --scratch-path .build/testing generate-documentation --target GammaMoD --warnings-as-errors

bench: build
	@.build/release/gamma-mod bench -m models/pocket-gamma --threads 1 --repeat 50 --dtype f32

# Installs llama.cpp and PyTorch into runs/peers, which needs the network, and takes about half an hour.
bench-peers: build
	@Benchmarks/peers/environment
	@runs/peers/venv/bin/python Benchmarks/peers/bench_peers.py

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests Examples

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Examples
	scripts/check-fixtures

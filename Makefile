.PHONY: setup build test demo examples docs format lint bench bench-peers

setup:
	@scripts/setup

build: setup
	swift build -c release

demo: build
	@.build/release/gamma-mod demo --overlay .build/demo-overlay.png --overwrite

# Numerical tests need optimised code; a build folder of their own keeps `make build` incremental.
test: setup
	swift test -c release -Xswiftc -enable-testing --scratch-path .build/testing

# The package as others see it: built from a package of its own, and asked.
examples: setup
	swift build -c release --package-path Examples --scratch-path .build/examples
	@.build/examples/release/ask models/pocket-gamma demo/1.png "What color is the circle?" .build/skipped.png

# With the options of `make test`, whose modules it takes over.
docs: setup
	swift package -c release -Xswiftc -enable-testing --scratch-path .build/testing generate-documentation --target GammaMoD --warnings-as-errors

bench: build
	@.build/release/gamma-mod bench -m models/pocket-gamma --threads 1 --repeat 50

# Installs llama.cpp and PyTorch into runs/peers, which needs the network, and takes about half an hour.
bench-peers: build
	@Benchmarks/peers/environment
	@runs/peers/venv/bin/python Benchmarks/peers/bench_peers.py

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests Examples

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Examples

# tokenwatchd: every task of the project is a target here.
.PHONY: build release bench lint

build:
	swift build

# One stripped binary that needs only Debian's libcurl4, libsqlite3-0 and libssl3.
release:
	swift build -c release --static-swift-stdlib --product tokenwatchd
	mkdir -p dist
	strip -o dist/tokenwatchd .build/release/tokenwatchd

# Against the quality bars; BENCH=--full goes up to 100,000 tokens.
bench: release
	Benchmarks/bench.sh $(BENCH)

lint:
	swift format lint --strict --recursive --parallel --configuration .swift-format Sources Tests Package.swift

# tokenwatchd: every task of the project is a target here.
.PHONY: build lint

build:
	swift build

lint:
	swift format lint --strict --recursive --parallel --configuration .swift-format Sources Tests Package.swift

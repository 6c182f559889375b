# tokenwatchd: every task of the project is a target here; `make` alone lists them.

PREFIX  ?= /usr/local
DESTDIR ?=

# Debian packages for the build, and for the tests.
BUILD_PACKAGES = libsqlite3-dev libcurl4-openssl-dev libssl-dev pkg-config ca-certificates
TEST_PACKAGES  = nginx-light openssl python3 curl util-linux systemd rsyslog prometheus-alertmanager \
                 prometheus faketime chromium zsh fish python3-icalendar man-db mandoc icinga2-bin \
                 monitoring-plugins-basic postfix sasl2-bin libsasl2-modules

# Debian packages for `make package`.
DEB_PACKAGES = debhelper

BINARY = dist/tokenwatchd

# What `make fuzz` feeds, and for how long.
TARGET  = all
SECONDS = 60

# How many places `make mutants` changes.
COUNT = 100

# How often `make soak` kills the daemon; 1000 at most, some three a second.
KILLS = 300

# What `make bench` runs of Benchmarks: one or more of these, or all. `bench` takes three minutes, all of them an hour.
BENCH      = bench
BENCHMARKS = bench large reload inventory network webhooks year leaks

.DEFAULT_GOAL := help
.PHONY: help setup setup-test build lint units test test-dates system-test soak years sanitize fuzz mutants demo bench completions providers prose layers release install deb package dist

help: ## lists the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## installs missing libraries for the build (Debian, Ubuntu)
	@command -v swift >/dev/null || { echo "swift is not in PATH; install it: https://www.swift.org/install/" >&2; exit 1; }
	@.ci/packages $(BUILD_PACKAGES)

setup-test: ## installs missing programs for the tests
	@.ci/packages $(TEST_PACKAGES)

build: ## builds everything for debugging, in .build/debug
	swift build

lint: ## checks the formatting of the sources, and that nothing sets the machine's clock
	@.ci/clock
	swift format lint --strict --recursive --parallel --configuration .swift-format Sources Tests Package.swift

layers: ## compares the folders of Monitor with the picture in ARCHITECTURE.md
	@.ci/layers

prose: ## lists sentences with words that the project avoids; a help, it always passes
	@.ci/prose

units: ## checks the service's unit and user with systemd
	@.ci/packages systemd
	systemd/verify.sh

# TOML_SUITE is a folder with the tests of github.com/toml-lang/toml-test, which is not part of this tree.
test: setup setup-test ## runs every test
	Tests/run.sh
ifdef TOML_SUITE
	Tests/toml-suite.sh "$(TOML_SUITE)"
endif
	Tests/system/run.sh

DATES = 2027-02-28 2028-02-29 2038-01-20 2041-05-01

test-dates: setup setup-test ## runs the tests on other dates: DATES
	Tests/on-date.sh $(DATES)

# It prints NOT RUN where it cannot; TOKENWATCH_SYSTEM_TEST=required makes that a failure.
system-test: setup ## boots Debian 12 and 13, installs the package, and tests it there
	Tests/system/run.sh

# `make test` has a short form of each; TOKENWATCH_SOAK_SEED repeats what happened in another run.
soak: setup setup-test ## kills the daemon KILLS times (300), and fails every call of its disk
	TOKENWATCH_SOAK_ROUNDS=$(KILLS) TOKENWATCH_EVERY_FAULT=1 \
		swift test --disable-xctest --no-parallel --filter '(DaemonSoak|StoreEveryFault)Tests'

# How many simulated years `make years` lets pass.
YEARS = 100

years: ## runs the engine through YEARS (100) years of faults, and compares 1,000 worlds with their forecast
	TOKENWATCH_YEARS=$(YEARS) TOKENWATCH_WORLDS=1000 \
		swift test --disable-xctest --no-parallel --filter '^SimulationTests\.(World|Years)Tests'

# The thread sanitizer runs suites with threads, the address sanitizer those with C libraries and parsers;
# those of Alerting have neither. Some suites of the store open a database a thousand times, which takes
# minutes here and tests SQLite. Leaks are not reported, because the toolchain's Foundation has some at exit.
SANITIZE = TOKENWATCHD_LIBRARIES_ONLY=1 swift test --disable-xctest --no-parallel
THREADS = ^MonitorTests\.(HTTP|Heartbeat|Keepers|Login|NameLookups|Notify|Pacemaker|Store(Courier|Reader)|Watch)
BYTES = ^(FormatsTests\.|MonitorTests\.(Calendar|Format|HTTP|ListReading|Login|NameLookups|Notify|Page|Profile|Store|TokenQuery))
SLOW = (NotifyHostile|Store(Bounds|Fault|Poison|Row|TornRead))Tests

sanitize: setup setup-test ## runs tests of the daemon's libraries under two sanitizers
	TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/thread.supp $(SANITIZE) --sanitize thread --scratch-path .build/thread --filter '$(THREADS)' --skip '$(SLOW)'
	ASAN_OPTIONS=detect_leaks=0 $(SANITIZE) --sanitize address --scratch-path .build/address --filter '$(BYTES)' --skip '$(SLOW)'

# TARGET is one of Tests/FuzzTests/FuzzTarget.swift, or all.
fuzz: setup ## searches for inputs that break a reader, guided by coverage: TARGET=toml SECONDS=60
	Tests/FuzzTests/fuzz.sh "$(TARGET)" "$(SECONDS)"

mutants: setup ## changes Sources/Alerting at COUNT (100) places, one at a time, and lists what no test notices
	Tests/mutants.py --count $(COUNT)

demo: setup build ## runs the daemon for half a minute against a stand-in for VPS.org
	Tests/demo.sh

bench: release ## measures polls, memory and status, next to curl and others; BENCH=all for everything
	@.ci/packages $(TEST_PACKAGES) curl wrk prometheus-blackbox-exporter python3-requests
	@for each in $(if $(filter all,$(BENCH)),$(BENCHMARKS),$(BENCH)); do \
	    echo "Benchmarks/$$each.py"; Benchmarks/$$each.py || exit 1; done

providers: ## regenerates the list, the table and the completions of the built-in providers
	python3 Tests/providers.py

completions: build ## regenerates completions/ and the manual's commands
	.build/debug/tokenwatchd completions bash > completions/tokenwatchd.bash
	.build/debug/tokenwatchd completions zsh > completions/_tokenwatchd
	.build/debug/tokenwatchd completions fish > completions/tokenwatchd.fish
	sed '/^\.Ss run$$/,$$d' docs/man/tokenwatchd.8 > .build/commands.8
	.build/debug/tokenwatchd completions manual >> .build/commands.8
	sed -n '/^\.Sh CONDITIONS$$/,$$p' docs/man/tokenwatchd.8 >> .build/commands.8
	mv .build/commands.8 docs/man/tokenwatchd.8

# Debian's rules for programs: no search path for libraries, all symbols bound at start, a build id.
release: setup ## builds the program to install: one binary, dist/tokenwatchd
	swift build -c release --static-swift-stdlib --product tokenwatchd \
		--disable-local-rpath -Xlinker -z -Xlinker now -Xlinker --build-id=sha1
	mkdir -p dist
	strip -o dist/tokenwatchd .build/release/tokenwatchd

# Documents are installed into one directory, without the manual's sources, the licence and the pages for
# contributors: links to those become plain text.
INSTALLED_LINKS = -E \
	-e 's@\[([^]]*)\]\((\.\./)?(docs/)?(LICENSE|ARCHITECTURE|CONTRIBUTING|decisions|man/)[^)]*\)@\1@g' \
	-e 's@\]\((\.\./)?config/@](examples/@g' \
	-e 's@\]\((\.\./)?(docs/)?([A-Za-z])@](\3@g'

install: ## installs what `make release` built; honours DESTDIR and PREFIX
	@test -x $(BINARY) || { echo "$(BINARY) does not exist; run make release first" >&2; exit 1; }
	install -D -m 0755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/tokenwatchd
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	for unit in systemd/*.service systemd/*.socket; do \
		test -e $$unit || continue; \
		target=$(DESTDIR)$(PREFIX)/lib/systemd/system/$${unit##*/}; \
		sed 's|/usr/bin/|$(PREFIX)/bin/|g' $$unit >$$target && chmod 0644 $$target || exit 1; \
	done
	install -D -m 0644 systemd/tokenwatchd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/tokenwatchd.conf
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/doc/tokenwatchd \
		README.md CHANGELOG.md SECURITY.md docs/*.md docs/page.png
	sed -i $(INSTALLED_LINKS) $(DESTDIR)$(PREFIX)/share/doc/tokenwatchd/*.md
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/doc/tokenwatchd/examples \
		config/tokenwatchd.toml config/prometheus-alerts.yml config/grafana-dashboard.json \
		docs/examples/*
	for page in docs/man/*.[578]; do \
		test -e $$page || continue; \
		install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/man/man$${page##*.} $$page || exit 1; \
	done
	test ! -e completions/tokenwatchd.bash || install -D -m 0644 completions/tokenwatchd.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/tokenwatchd
	test ! -e completions/_tokenwatchd || install -D -m 0644 completions/_tokenwatchd \
		$(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_tokenwatchd
	test ! -e completions/tokenwatchd.fish || install -D -m 0644 completions/tokenwatchd.fish \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/tokenwatchd.fish

deb: release package ## builds a Debian package, dist/tokenwatchd_VERSION_ARCH.deb

package: # of the program that `make release` built
	@.ci/packages $(BUILD_PACKAGES) $(DEB_PACKAGES)
	rm -f dist/tokenwatchd_*.deb
	debian/rules clean
	debian/rules binary
	debian/rules clean

dist: deb ## makes the release files in dist/: package, archive, bill of materials, checksums
	packaging/archive.sh

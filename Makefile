# make run     builds the program and starts the example portal
# make test    everything that must hold: unit, store, HTTP, sandbox, crash and browser tests
# make bench   measures the real program against floors measured in the same run
# make check   format and lint
# make fuzz    a minute of fuzzing for each parser
# make tsan    the thread sanitizer on domain, store and HTTP
# make clean   removes what was built

BUILD_PACKAGES = libmicrohttpd-dev libsqlite3-dev libyaml-dev libsodium-dev libwslay-dev libcmark-gfm-dev \
	libcmark-gfm-extensions-dev libutf8proc-dev libpcre2-dev libcurl4 libjose0 node-xterm node-highlight.js \
	libjs-codemirror esbuild pkg-config
# Git, curl and bsdtar fetch workshops' files; git, curl and Python are for the learners of the examples, too.
RUN_PACKAGES = nginx-light bubblewrap git curl libarchive-tools ca-certificates python3
TEST_PACKAGES = chromium python3-venv jq
BENCH_PACKAGES = wrk libmicrohttpd-dev

SWIFT_FLAGS = --explicit-target-dependency-import-check error
RELEASE = swift build -c release --static-swift-stdlib $(SWIFT_FLAGS)
PROGRAM = .build/release/lectern
# Checks metrics and alerts.
PROMTOOL = $(CURDIR)/.build/tools/promtool

# A process for each: they close descriptors, end children and use up limits on purpose.
TEST_TARGETS = PlatformTests HTTPTests HTTPEngineTests PortalTests PortalStorageTests PortalWebTests RuntimesTests \
	SessionAgentTests CommandTests EndToEndTests

# What the thread sanitizer looks at: domain, store, HTTP and what lies between them.
RACE_TARGETS = PlatformTests PortalTests PortalStorageTests PortalWebTests HTTPTests HTTPEngineTests

.PHONY: run build release test test-swift test-api test-browser bench check format fuzz tsan clean packages assets

run: release
	@Scripts/install-packages $(RUN_PACKAGES)
	@exec $(PROGRAM) serve Examples/portal --site Examples/index-page $(ARGUMENTS)

build: packages assets
	swift build $(SWIFT_FLAGS)

release: packages assets
	@echo "Building the program (a few minutes the first time)"
	@$(RELEASE) --product lectern

packages:
	@Scripts/install-packages $(BUILD_PACKAGES)

# Scripts of the pages: bundled from Debian's packages and our modules, then compiled into the program.
assets: .build/assets/xterm.js .build/assets/room.js .build/assets/highlight.js .build/assets/editor.js
.build/assets/highlight.js: Assets/build-highlight
	@Assets/build-highlight
.build/assets/xterm.js: Assets/build-xterm
	@Assets/build-xterm
.build/assets/room.js: Assets/build-room $(wildcard Assets/room/*.js)
	@Assets/build-room
.build/assets/editor.js: Assets/build-editor Assets/editor.css
	@Assets/build-editor

test: test-swift test-api test-browser

test-swift: packages assets release
	@Scripts/install-packages $(RUN_PACKAGES)
	swift build --build-tests $(SWIFT_FLAGS)
	@Scripts/fetch-program prometheus usr/bin/promtool $(PROMTOOL)
	@set -e; for target in $(TEST_TARGETS); do \
		echo "Testing $$target"; \
		LECTERN_PROGRAM=$(CURDIR)/$(PROGRAM) LECTERN_PROMTOOL=$(PROMTOOL) timeout 600 swift test --skip-build --filter "^$$target\."; \
	done

test-api: release
	@Scripts/install-packages $(TEST_PACKAGES)
	LECTERN_PROGRAM=$(CURDIR)/$(PROGRAM) Tests/API/run

test-browser: release
	@Scripts/install-packages $(RUN_PACKAGES) $(TEST_PACKAGES)
	LECTERN_PROGRAM=$(CURDIR)/$(PROGRAM) Tests/Browser/run

bench: release
	@Scripts/install-packages $(RUN_PACKAGES) $(TEST_PACKAGES) $(BENCH_PACKAGES)
	@LECTERN_PROGRAM=$(CURDIR)/$(PROGRAM) Tests/Browser/run --prepare
	@Benchmarks/run $(CURDIR)/$(PROGRAM)

check:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests
	$(MAKE) build

format:
	swift format format --in-place --recursive --parallel Package.swift Sources Tests

fuzz: packages
	Fuzz/run $(or $(SECONDS_EACH),60)

tsan: packages assets
	swift build --build-tests --sanitize=thread --scratch-path .build/tsan $(SWIFT_FLAGS)
	clang -O1 -shared -fPIC Scripts/thread-sanitizer.c -o .build/tsan/mutex.so
	@set -e; for target in $(RACE_TARGETS); do \
		echo "Looking for races in $$target"; \
		LD_PRELOAD=$(CURDIR)/.build/tsan/mutex.so timeout 900 swift test --skip-build --sanitize=thread \
			--scratch-path .build/tsan $(SWIFT_FLAGS) --filter "^$$target\."; \
	done

clean:
	rm -rf .build

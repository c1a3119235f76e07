# Everything a person or CI runs. `make help` lists it.
# Only Rust, make and a C compiler are taken for granted; what cargo cannot bring comes from Debian
# by apt-get and is named below.

SHELL := /bin/bash
LISTEN ?= 127.0.0.1:8080
SAMPLE := assets/samples/astronaut.jpg
BENCH_SECONDS ?= 5
LIFESIGN := cargo run --quiet --bin lifesign --

# The browser tests drive a real Chromium; cargo cannot bring one.
BROWSER_PACKAGES := chromium chromium-driver

# Clips are decoded by ffmpeg; without it everything else works.
VIDEO_PACKAGES := ffmpeg

FUZZ_TARGETS := jpeg png webp bmp exif base64
TIME ?= 1200

.PHONY: help run test check bench fuzz fmt browser ffmpeg release

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## Judge the sample photograph, then serve on $(LISTEN)
	cargo build --bin lifesign
	@# The exit status tells the verdict; only bad input and failures are over 2.
	@$(LIFESIGN) check --format table $(SAMPLE) || [ $$? -le 2 ]
	@echo; echo "Open http://$(LISTEN)/ (stop with Ctrl-C)"; echo
	@exec target/debug/lifesign serve --listen $(LISTEN)

test: browser ffmpeg ## Run every test
	cargo test --workspace

check: ## Formatting, lints, documentation
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

bench: ## Milliseconds by stage and checks a second (BENCH_SECONDS for each part)
	cargo run --release --quiet -p lifesign-bench -- $(SAMPLE) $(BENCH_SECONDS)

fuzz: ## Fuzz every decoder for TIME seconds each (needs cargo-fuzz and g++)
	@command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz
	RUSTC_BOOTSTRAP=1 cargo fuzz build
	@set -e; for target in $(FUZZ_TARGETS); do \
	  mkdir -p fuzz/corpus-work/$$target; echo "== $$target"; \
	  RUSTC_BOOTSTRAP=1 cargo fuzz run $$target fuzz/corpus-work/$$target fuzz/corpus/$$target -- \
	    -max_total_time=$(TIME) -max_len=4096 -rss_limit_mb=2048 -timeout=60 -print_final_stats=1; \
	done

fmt: ## Format everything
	cargo fmt --all

release: ## Build the optimised binary: target/release/lifesign
	cargo build --release --bin lifesign

# Without the right to install, the browser tests say so and skip; CI asks for them.
browser:
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || { \
	  echo "installing from Debian for the browser tests: $(BROWSER_PACKAGES)"; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	  { $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    $$sudo apt-get install -y -qq --no-install-recommends $(BROWSER_PACKAGES) >/dev/null; } \
	  || [ -z "$$LIFESIGN_TEST_REQUIRE_BROWSER" ]; }

# Without the right to install, the tests of clips say so and skip; CI asks for them.
ffmpeg: ## Install ffmpeg, which decodes clips
	@command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null || { \
	  echo "installing from Debian to decode clips: $(VIDEO_PACKAGES)"; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	  { $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    $$sudo apt-get install -y -qq --no-install-recommends $(VIDEO_PACKAGES) >/dev/null; } \
	  || { echo "ffmpeg could not be installed: apt-get install $(VIDEO_PACKAGES)"; \
	    [ -z "$$LIFESIGN_TEST_REQUIRE_FFMPEG" ]; }; }

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

.PHONY: help run test check bench fmt browser release

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## Judge the sample photograph, then serve on $(LISTEN)
	cargo build --bin lifesign
	@# The exit status tells the verdict; only bad input and failures are over 2.
	@$(LIFESIGN) check --format table $(SAMPLE) || [ $$? -le 2 ]
	@echo; echo "Open http://$(LISTEN)/ (stop with Ctrl-C)"; echo
	@exec target/debug/lifesign serve --listen $(LISTEN)

test: browser ## Run every test
	cargo test --workspace

check: ## Formatting, lints, documentation
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

bench: ## Milliseconds by stage and checks a second (BENCH_SECONDS for each part)
	cargo run --release --quiet -p lifesign-bench -- $(SAMPLE) $(BENCH_SECONDS)

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

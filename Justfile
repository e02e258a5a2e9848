# The commands of a working day. `just` alone lists them.

# `just profile=dev run` builds without optimising.
profile := env("MEMGRID_PROFILE", "release")
memgrid := "cargo run --quiet --profile " + profile + " --"

[private]
default:
    @just --list --unsorted

# Measure the whole matrix, or what the arguments name
[group('measure')]
run *ARGS:
    {{ memgrid }} run {{ ARGS }}

# Measure one cell again: just cell sqlite/json/patched
[group('measure')]
cell CELL *ARGS:
    {{ memgrid }} run {{ quote(CELL) }} {{ ARGS }}

# The newest revision, compared with the last good night: installs what is missing, and fails if a cell became worse
[group('measure')]
nightly *ARGS:
    {{ memgrid }} nightly --with-deps --strict {{ ARGS }}

# Render the index again and open it in the browser
[group('measure')]
open:
    {{ memgrid }} report --open

# Install what is missing on this machine
[group('machine')]
setup *ARGS:
    {{ memgrid }} setup {{ ARGS }}

# Remove what memgrid can make again: worktrees, environments, servers' data
[group('machine')]
clean *ARGS:
    {{ memgrid }} clean {{ ARGS }}

# Run the tests
[group('develop')]
test *ARGS:
    cargo test {{ ARGS }}

# Check formatting and lints
[group('develop')]
lint:
    cargo fmt --check
    cargo clippy --all-targets -- --deny warnings

# Measure memgrid itself: its cost beside bare workloads, a cell's fixed cost, the dataset, a long history; memprobe beside other tools
[group('develop')]
bench *ARGS:
    cargo bench --quiet --profile {{ profile }} --bench fixed_cost -- {{ ARGS }}
    cargo bench --quiet --profile {{ profile }} --bench overhead -- {{ ARGS }}
    cargo bench --quiet --profile {{ profile }} --bench dataset -- {{ ARGS }}
    cargo bench --quiet --profile {{ profile }} --bench history -- {{ ARGS }}
    cargo bench --quiet --profile {{ profile }} --bench rates -- {{ ARGS }}
    cargo bench --quiet --profile {{ profile }} --bench report -- {{ ARGS }}
    cargo bench --quiet --profile {{ profile }} --bench browse -- {{ ARGS }}
    cargo bench --quiet --profile {{ profile }} --bench tools -- {{ ARGS }}

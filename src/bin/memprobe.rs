//! The `memprobe` command: all of it is in `memgrid::probe`.

fn main() -> std::process::ExitCode {
    memgrid::probe::main()
}

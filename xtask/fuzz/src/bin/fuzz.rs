//! libFuzzer on one target. `cargo xtask fuzz` builds it with the instrumentation that it needs, and starts it.

#![no_main]

use std::sync::OnceLock;

use aviary_fuzz::Target;
use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<&'static Target> = OnceLock::new();

fuzz_target!(|data: &[u8]| {
    let target = TARGET.get_or_init(|| {
        aviary_fuzz::chosen().unwrap_or_else(|message| {
            eprintln!("{message}");
            std::process::exit(2)
        })
    });
    (target.run)(data);
});

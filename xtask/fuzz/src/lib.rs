//! Everything that reads what strangers write, given what strangers may write.
//!
//! For: finding input that makes a reader panic, run for seconds, or fill the memory. Each [`Target`] takes bytes, makes
//! of them what its reader takes, and lets it read; what comes out is of no interest beyond the promises that a target
//! states. `cargo xtask fuzz` lets libFuzzer look for bad input, guided by the code that it reaches; the tests of this
//! crate try changed seeds, which takes seconds and no special build.
//!
//! Not for: whether what was read is right. That is what the tests of each crate are for.
//!
//! ```
//! let target = aviary_fuzz::named("expressions").unwrap();
//! (target.run)(b"\x03result[0] < 0.01 && all(result, # > len(result))");
//! ```

mod seeds;
mod targets;

pub use targets::{TARGETS, Target, named};

/// The longest input that is tried: what a condition, a reply or a manifest may be is of that size.
pub const LONGEST: usize = 64 * 1024;

/// The target that the environment variable `AVIARY_FUZZ` names, for the fuzzer's program: it has no arguments of its own.
///
/// # Errors
/// That it names none, with the names that there are.
pub fn chosen() -> Result<&'static Target, String> {
    let name = std::env::var("AVIARY_FUZZ").unwrap_or_default();
    named(&name).ok_or_else(|| {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        format!("AVIARY_FUZZ={name:?} names no target; there are {}", names.join(", "))
    })
}

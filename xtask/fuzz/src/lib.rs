//! Everything that reads what strangers write, given what strangers may write.
//!
//! For: finding input that makes a reader panic, run for seconds, or fill the memory. Each [`Target`] takes bytes, makes
//! of them what its reader takes, and lets it read; what comes out is of no interest beyond the promises that a target
//! states. `cargo xtask fuzz` lets libFuzzer look for bad input, guided by the code that it reaches; the tests of this
//! crate try changed seeds, which takes seconds and no special build.
//!
//! Not for: whether what was read is right. That is what the tests of each crate are for.
//!
//! Each target has had an hour by the clock, and no finding is left: on a virtual machine with two cores, four to seven
//! targets beside each other, so less of a processor than `cargo xtask fuzz --minutes 60` gives. They ended in November
//! 2026 at the code of commit `cf742c7`; of what they reach, after the hours of `replies` the signature of a query's
//! spaces and a limit of idle connections changed, after those of `analysis-runs` the judge's burn rates.
//!
//! | target | minutes of processor | million inputs |
//! |---|---:|---:|
//! | `analysis-runs` | 10 | 4.7 |
//! | `aws-files` | 14 | 1.0 |
//! | `decisions` | 10 | 4.0 |
//! | `expressions` | 19 | 3.0 |
//! | `journals` | 12 | 4.3 |
//! | `judge` | 19 | 6.6 |
//! | `judge-files` | 18 | 0.5 |
//! | `lint` | 19 | 0.3 |
//! | `manifests` | 33 | 0.8 |
//! | `patches` | 49 | 21.7 |
//! | `plugins` | 15 | 0.1 |
//! | `promql` | 17 | 1.7 |
//! | `refusals` | 19 | 1.7 |
//! | `replies` | 20 | 2.4 |
//! | `scalars` | 17 | 8.9 |
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

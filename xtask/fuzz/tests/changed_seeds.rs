//! Every target reads its seeds, and some hundred changed ones. The fuzzer finds more; this needs no special build.

use std::time::{Duration, Instant};

use aviary_fuzz::{LONGEST, TARGETS, Target};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// Longest time for one input, in a build without optimisation, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// Texts at which readers have stumbled before.
const WORDS: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "\\",
    ": ",
    "- ",
    "\n",
    "null",
    "true",
    "-1",
    "1e400",
    "9223372036854775808",
    "{{args.x}}",
    "NaN",
    "&a",
    "*a",
    "<<: ",
    "\u{0}",
    "\u{fffd}\u{10ffff}",
    "..",
];

#[derive(Clone, Debug)]
enum Change {
    Put(Index, &'static str),
    Flip(Index, u8),
    Remove(Index, Index),
    Repeat(Index, Index, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        3 => (at(), prop::sample::select(&WORDS[..])).prop_map(|(at, word)| Change::Put(at, word)),
        2 => (at(), 1_u8..).prop_map(|(at, bits)| Change::Flip(at, bits)),
        2 => (at(), at()).prop_map(|(from, to)| Change::Remove(from, to)),
        1 => (at(), at(), 1_u8..).prop_map(|(from, to, times)| Change::Repeat(from, to, times)),
    ]
}

impl Change {
    fn make(&self, bytes: &mut Vec<u8>) {
        let place = |index: &Index, bytes: &[u8]| index.index(bytes.len() + 1);
        let range = |from: &Index, to: &Index, bytes: &[u8]| {
            let (from, to) = (place(from, bytes), place(to, bytes));
            from.min(to)..from.max(to)
        };
        match self {
            Self::Put(at, word) => {
                let at = place(at, bytes);
                bytes.splice(at..at, word.bytes());
            }
            Self::Flip(at, bits) => {
                let at = place(at, bytes);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= bits;
                }
            }
            Self::Remove(from, to) => drop(bytes.drain(range(from, to, bytes))),
            Self::Repeat(from, to, times) => {
                let range = range(from, to, bytes);
                let end = range.end;
                let part: Vec<u8> = bytes.drain(range).collect();
                let begin = end - part.len();
                bytes.splice(begin..begin, part.repeat(usize::from(*times) + 1));
            }
        }
        bytes.truncate(LONGEST);
    }
}

fn timed(target: &Target, input: &[u8]) -> Result<(), TestCaseError> {
    let began = Instant::now();
    (target.run)(input);
    let took = began.elapsed();
    prop_assert!(took < PATIENCE, "{}: {} bytes took {took:?}", target.name, input.len());
    Ok(())
}

#[test]
fn no_target_panics_or_hangs_at_its_seeds_or_at_changed_ones() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        for seed in &seeds {
            timed(target, seed).unwrap();
        }
        let inputs = (prop::sample::select(seeds), prop::collection::vec(change(), 1..8));
        // What was found goes into a test of the crate that it was found in.
        let config = Config { cases: 200, failure_persistence: None, ..Config::default() };
        let ran = TestRunner::new(config).run(&inputs, |(mut input, changes)| {
            for change in &changes {
                change.make(&mut input);
            }
            timed(target, &input)
        });
        ran.unwrap_or_else(|error| panic!("{}: {error}", target.name));
    }
}

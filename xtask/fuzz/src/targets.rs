//! The table of targets: one row, one file.

mod analysis_runs;
mod aws_files;
mod decisions;
mod expressions;
mod journals;
mod judge_files;
mod judging;
mod linting;
mod manifests;
mod patches;
mod plugins;
mod promql;
mod providers;
mod refusals;
mod replies;
mod scalars;
mod theatre;

/// Something that reads what strangers write.
#[derive(Debug)]
pub struct Target {
    /// As `cargo xtask fuzz` has it.
    pub name: &'static str,
    /// What reads, and who writes.
    pub about: &'static str,
    /// Reads; a panic is a finding.
    pub run: fn(&[u8]),
    /// Input to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target, alphabetical.
pub const TARGETS: &[Target] = &[
    analysis_runs::TARGET,
    aws_files::TARGET,
    decisions::TARGET,
    expressions::TARGET,
    journals::TARGET,
    judging::TARGET,
    judge_files::TARGET,
    linting::TARGET,
    manifests::TARGET,
    patches::TARGET,
    plugins::TARGET,
    promql::TARGET,
    refusals::TARGET,
    replies::TARGET,
    scalars::TARGET,
];

/// The target of that name.
pub fn named(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// The first byte chooses, the rest is read as text.
fn choice_and_text(data: &[u8]) -> (usize, String) {
    let (first, rest) = data.split_first().map_or((0, data), |(first, rest)| (usize::from(*first), rest));
    (first, String::from_utf8_lossy(rest).into_owned())
}

/// The row of a table that a first byte chooses.
fn row<T>(table: &[T], first: usize) -> Option<&T> {
    table.get(first.checked_rem(table.len())?)
}

/// A seed for [`choice_and_text`].
fn with_choice(first: u8, text: &[u8]) -> Vec<u8> {
    [&[first], text].concat()
}

/// A moment at which everything is read.
fn now() -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_767_225_600).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_in_alphabetical_order_and_have_seeds() {
        assert!(TARGETS.is_sorted_by_key(|target| target.name));
        for target in TARGETS {
            let seeds = (target.seeds)();
            assert!(seeds.iter().any(|seed| !seed.is_empty()), "{}", target.name);
            assert!(named(target.name).is_some());
        }
    }
}

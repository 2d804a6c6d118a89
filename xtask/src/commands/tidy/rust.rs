//! Rules over Rust text: lengths, and what must not be written.

use super::Tree;
use crate::sources::{self, Source};
use std::collections::BTreeMap;

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 80;
/// `path lines` for a file, `path::function lines` for a function: what may be longer, for now.
const ALLOWANCES: &str = "xtask/long.txt";

pub(super) fn long_files(tree: &Tree) -> Vec<String> {
    over(tree, file_lengths(tree), LONGEST_FILE)
}

pub(super) fn long_functions(tree: &Tree) -> Vec<String> {
    over(tree, function_lengths(tree), LONGEST_FUNCTION)
}

/// Allowances that are no longer needed, or could be lower.
pub(super) fn stale_allowances(tree: &Tree) -> Vec<String> {
    let lengths: BTreeMap<String, usize> = file_lengths(tree).chain(function_lengths(tree)).collect();
    let now = |what: &str| lengths.get(what).copied().unwrap_or_default();
    let stale = allowances(tree).into_iter().filter(|(what, allowed)| {
        let limit = if what.contains("::") { LONGEST_FUNCTION } else { LONGEST_FILE };
        now(what) < *allowed || *allowed <= limit
    });
    stale.map(|(what, allowed)| format!("{what}: allowed {allowed} lines, has {}", now(what))).collect()
}

fn over(tree: &Tree, lengths: impl Iterator<Item = (String, usize)>, limit: usize) -> Vec<String> {
    let allowances = allowances(tree);
    let long =
        lengths.filter(|(what, lines)| *lines > allowances.get(what.as_str()).copied().unwrap_or(limit));
    long.map(|(what, lines)| format!("{what}: {lines} lines, {limit} are the limit")).collect()
}

fn file_lengths(tree: &Tree) -> impl Iterator<Item = (String, usize)> {
    tree.rust().map(|source| (source.path.clone(), source.text.lines().count()))
}

fn function_lengths(tree: &Tree) -> impl Iterator<Item = (String, usize)> {
    tree.rust().flat_map(|source| {
        sources::functions(&source.text)
            .into_iter()
            .map(|f| (format!("{}::{}", source.path, f.name), f.lines))
    })
}

fn allowances(tree: &Tree) -> BTreeMap<&str, usize> {
    let lines = tree.file(ALLOWANCES).map(|source| source.text.lines()).into_iter().flatten();
    lines
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(what, n)| Some((what, n.trim().parse().ok()?)))
        .collect()
}

/// What says that something is unfinished, or that a test does not run. Spelled in halves, so that this
/// file does not find itself.
fn forbidden() -> Vec<(String, &'static str)> {
    let word = |halves: [&str; 2], why| (halves.concat(), why);
    vec![
        word(["#[ign", "ore"], "a test that does not run"),
        word(["TO", "DO"], "unfinished"),
        word(["FIX", "ME"], "unfinished"),
        word(["todo", "!("], "unfinished"),
        word(["unimple", "mented!("], "unfinished"),
        word(["allow(dead", "_code"], "code that nobody calls"),
    ]
}

pub(super) fn forbidden_words(tree: &Tree) -> Vec<String> {
    let words = forbidden();
    let mut found = Vec::new();
    for source in tree.rust() {
        for (at, line) in source.text.lines().enumerate() {
            for (word, why) in words.iter().filter(|(word, _)| stands_alone(line, word)) {
                found.push(format!("{}:{}: {word}: {why}", source.path, at + 1));
            }
        }
    }
    found
}

/// Whether the word is in the line and is no part of a longer word.
fn stands_alone(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|head| head.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|tail| tail.chars().next());
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !letter(before)
            && (word.ends_with('(') || !letter(after) || word.starts_with("#[") || word.contains('('))
    })
}

/// A test that waits for the wall clock is slow when it passes and flaky when the machine is slow.
pub(super) fn sleeps_in_tests(tree: &Tree) -> Vec<String> {
    let sleeping = ["thread::sl", "eep("].concat();
    let waiting = ["time::sl", "eep("].concat();
    let mut found = Vec::new();
    for (source, first) in tree.rust().filter_map(|source| Some((source, tests_from(source)?))) {
        let paused = source.text.contains("start_paused") || source.text.contains("time::pause()");
        let lines: Vec<&str> = source.text.lines().collect();
        for (at, line) in lines.iter().enumerate().skip(first) {
            let asleep = line.contains(&sleeping) || (line.contains(&waiting) && !paused);
            // The pause between two looks at a condition is how one awaits what sends no notice.
            let polls =
                at.checked_sub(1).and_then(|above| lines.get(above)).is_some_and(|l| l.contains("while "));
            if asleep && !polls {
                found.push(format!("{}:{}: a test sleeps", source.path, at + 1));
            }
        }
    }
    found
}

/// How many lines stand before the tests of this file; `None` when it has none.
fn tests_from(source: &Source) -> Option<usize> {
    if source.path.contains("/tests/") || source.path.ends_with("/tests.rs") {
        return Some(0);
    }
    sources::test_module(&source.text)
}

/// A skip that the test harness swallows is no visible skip.
pub(super) fn swallowed_skips(tree: &Tree) -> Vec<String> {
    let mark = ["println!(\"SK", "IPPED"].concat();
    let lines = tree.rust().flat_map(|s| s.text.lines().enumerate().map(move |(at, line)| (s, at, line)));
    let swallowed = lines.filter(|(_, _, line)| line.contains(&mark));
    swallowed.map(|(source, at, _)| format!("{}:{}: nobody sees this skip", source.path, at + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn a_long_file_is_found_unless_it_is_allowed_and_the_allowance_must_shrink_with_it() {
        let long = "//! Long.\n".repeat(401);
        assert_eq!(long_files(&tree(&[("a.rs", &long)])), ["a.rs: 401 lines, 400 are the limit"]);
        let allowed = tree(&[("a.rs", &long), (ALLOWANCES, "a.rs 401\n")]);
        assert_eq!((long_files(&allowed), stale_allowances(&allowed)), (vec![], vec![]));
        let generous = tree(&[("a.rs", &long), (ALLOWANCES, "a.rs 500\n")]);
        assert_eq!(stale_allowances(&generous), ["a.rs: allowed 500 lines, has 401"]);
    }

    #[test]
    fn a_long_function_is_found_by_its_name() {
        let text = format!("fn long() {{\n{}}}\n", "    x();\n".repeat(79));
        assert_eq!(long_functions(&tree(&[("a.rs", &text)])), ["a.rs::long: 81 lines, 80 are the limit"]);
    }

    #[test]
    fn every_forbidden_word_is_found_and_a_longer_word_is_not() {
        for (word, why) in forbidden() {
            let text = format!("    {word} x");
            assert_eq!(forbidden_words(&tree(&[("a.rs", &text)])), [format!("a.rs:1: {word}: {why}")]);
        }
        assert_eq!(forbidden_words(&tree(&[("a.rs", &["MASTO", "DON"].concat())])), Vec::<String>::new());
    }

    #[test]
    fn a_sleep_is_found_in_tests_only_and_not_under_paused_time() {
        let wall = ["std::thread::sl", "eep(SECOND);\n"].concat();
        let virtual_time =
            ["#[tokio::test(start_paused = true)]\ntokio::time::sl", "eep(SECOND).await;\n"].concat();
        let files =
            tree(&[("a/src/a.rs", &wall), ("a/tests/it/a.rs", &wall), ("a/tests/it/b.rs", &virtual_time)]);
        assert_eq!(sleeps_in_tests(&files), ["a/tests/it/a.rs:1: a test sleeps"]);
    }
}

//! The repository's outline, its independence of any machine, and the one thing that CI calls.

use super::Tree;
use std::collections::BTreeSet;

/// What may stand at the top level, besides names with a leading dot.
const TOP: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "LICENSE",
    "rust-toolchain.toml",
    "crates",
    "bins",
    "fixtures",
    "xtask",
];

pub(super) fn top_level(tree: &Tree) -> Vec<String> {
    let tops: BTreeSet<&str> =
        tree.sources.iter().filter_map(|source| source.path.split('/').next()).collect();
    let strangers = tops.into_iter().filter(|top| !top.starts_with('.') && !TOP.contains(top));
    strangers.map(|top| format!("{top}: not one of the names that the top level holds")).collect()
}

/// Directories of somebody's machine. In code also the shared temporary directory, which `tempfile` names.
pub(super) fn machine_paths(tree: &Tree) -> Vec<String> {
    let anywhere =
        [["/wo", "rk/"].concat(), ["/ro", "ot/"].concat(), ["/ho", "me/"].concat(), ["/Us", "ers/"].concat()];
    let in_code = [["/tm", "p/"].concat()];
    let mut found = Vec::new();
    for source in &tree.sources {
        let code = source.is("rs") || source.is("md");
        for (at, line) in source.text.lines().enumerate() {
            let patterns = anywhere.iter().chain(code.then_some(&in_code).into_iter().flatten());
            for pattern in patterns.filter(|pattern| starts_a_path(line, pattern)) {
                found.push(format!("{}:{}: a path of one machine: {pattern}", source.path, at + 1));
            }
        }
    }
    found
}

/// Whether the pattern stands in the line as the start of a path, not within a longer one or a URL.
fn starts_a_path(line: &str, pattern: &str) -> bool {
    line.match_indices(pattern).any(|(at, _)| {
        let before = line.get(..at).and_then(|head| head.chars().next_back());
        before.is_none_or(|c| {
            !c.is_alphanumeric() && !matches!(c, '.' | '_' | '-' | '/' | '}' | ')' | '~' | '*')
        })
    })
}

/// The workflow runs `.ci/run`, and that runs `cargo xtask ci`; neither has checks of its own.
pub(super) fn ci_calls_only_us(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for workflow in tree.sources.iter().filter(|source| source.path.starts_with(".github/workflows/")) {
        let runs = workflow
            .text
            .lines()
            .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("run:"));
        let other = runs.map(str::trim).filter(|run| *run != ".ci/run");
        found.extend(other.map(|run| format!("{}: runs `{run}` besides .ci/run", workflow.path)));
        let actions = workflow
            .text
            .lines()
            .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses:"));
        let movable = actions.map(str::trim).filter(|action| !is_pinned(action));
        found
            .extend(movable.map(|action| format!("{}: {action} is not pinned by its commit", workflow.path)));
    }
    let script = tree.file(".ci/run").map(|source| source.text.as_str()).unwrap_or_default();
    let calls =
        |line: &&str| line.contains("cargo ") && !line.starts_with('#') && !line.contains("command -v");
    let cargo: Vec<&str> = script.lines().map(str::trim).filter(calls).collect();
    if !cargo.iter().all(|line| line.contains("cargo xtask ci")) || cargo.is_empty() {
        found.push(format!(".ci/run: calls cargo other than as `cargo xtask ci`: {cargo:?}"));
    }
    found
}

/// `owner/name@<40 hex digits>`, with or without a comment that tells the version.
fn is_pinned(action: &str) -> bool {
    let commit = action.split_once('@').map_or("", |(_, rest)| rest.split(' ').next().unwrap_or(rest));
    commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn only_listed_names_and_dot_files_stand_at_the_top() {
        let found =
            top_level(&tree(&[(".ci/run", ""), ("crates/a.rs", ""), ("docs/a.md", ""), ("deny.toml", "")]));
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("deny.toml:") && found[1].starts_with("docs:"));
    }

    #[test]
    fn a_path_of_one_machine_is_found_and_an_address_is_not() {
        let path = ["see /wo", "rk/main for more"].concat();
        let address = ["https://example.com/wo", "rk/main"].concat();
        assert_eq!(machine_paths(&tree(&[("a.md", &path)])).len(), 1);
        assert_eq!(machine_paths(&tree(&[("a.md", &address)])), Vec::<String>::new());
    }

    #[test]
    fn a_workflow_with_a_check_of_its_own_is_found() {
        let script = (".ci/run", "set -e\ncargo xtask ci \"$@\"\n");
        let workflow =
            (".github/workflows/ci.yml", "steps:\n  - run: .ci/run\n  - run: cargo test\n  - uses: a/b@v4\n");
        let found = ci_calls_only_us(&tree(&[script, workflow]));
        let expected = ["runs `cargo test` besides .ci/run", "a/b@v4 is not pinned by its commit"];
        assert_eq!(found, expected.map(|what| format!(".github/workflows/ci.yml: {what}")));
    }
}

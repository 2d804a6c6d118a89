//! Promises in documents: paths that exist, and invariants that something guards.

use super::Tree;
use crate::{markdown, sources};
use std::collections::BTreeSet;
use std::path::Path;

const DOCUMENTS: &[&str] = &["README.md", "crates/README.md"];
const ARCHITECTURE: &str = "crates/README.md";
/// Only what begins with one of these is a path of ours; the rest are words, fields and other people's paths.
const ROOTS: &[&str] =
    &["crates/", "bins/", "fixtures/", "xtask/", ".ci/", ".github/", ".cargo/", ".config/"];

pub(super) fn missing_paths(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for document in DOCUMENTS.iter().filter_map(|path| tree.file(path)) {
        let home = Path::new(&document.path).parent().unwrap_or(Path::new(""));
        for reference in markdown::references(&document.text) {
            let beside = home.join(reference).display().to_string();
            let ours = ROOTS.iter().any(|root| reference.starts_with(root));
            if ours && !exists(tree, reference) && !exists(tree, &beside) {
                found.push(format!("{}: names {reference}, which does not exist", document.path));
            }
        }
    }
    found
}

/// A tracked file, a directory that holds one, or a pattern with one `*` that fits one.
fn exists(tree: &Tree, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let (head, tail) = path.split_once('*').unwrap_or((path, ""));
    tree.sources.iter().any(|source| {
        let rest = source.path.strip_prefix(head);
        rest.is_some_and(|rest| {
            if path.contains('*') { rest.ends_with(tail) } else { rest.is_empty() || rest.starts_with('/') }
        })
    })
}

/// `Invariant: .. Check: `name`` : the name is a test's or `cargo xtask <command>`.
pub(super) fn unguarded_invariants(tree: &Tree) -> Vec<String> {
    let Some(document) = tree.file(ARCHITECTURE) else {
        return vec![format!("{ARCHITECTURE}: does not exist")];
    };
    let functions = tests(tree);
    let mut found = Vec::new();
    for line in markdown::prose(&document.text).filter(|line| line.contains("Invariant:")) {
        let checks = markdown::backticked(line.split_once("Check:").map_or("", |(_, checks)| checks));
        if checks.is_empty() {
            found.push(format!("{ARCHITECTURE}: no check: {line}"));
        }
        let missing = checks.into_iter().filter(|check| !stands(check, &functions));
        found.extend(missing.map(|check| format!("{ARCHITECTURE}: there is no `{check}`: {line}")));
    }
    found
}

/// Every function, and every test that a macro makes of a row `name: "data"`.
fn tests(tree: &Tree) -> BTreeSet<&str> {
    let functions =
        tree.rust().flat_map(|source| sources::functions(&source.text)).map(|function| function.name);
    let rows =
        tree.rust().filter(|source| source.path.contains("/tests/")).flat_map(|source| source.text.lines());
    functions.chain(rows.filter_map(|row| Some(row.trim().split_once(": \"")?.0))).collect()
}

/// A test is named by its function, with or without the modules before it.
fn stands(check: &str, functions: &BTreeSet<&str>) -> bool {
    match check.strip_prefix("cargo xtask ") {
        Some(command) => crate::commands::named(command).is_some(),
        None => functions.contains(check.rsplit("::").next().unwrap_or(check)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn a_path_that_does_not_exist_is_found() {
        let text = "`crates/a`, `crates/a/*.rs`, `fixtures/x.yaml`, `spec.replicas`, [b](crates/b)\n";
        let found = missing_paths(&tree(&[("README.md", text), ("crates/a/lib.rs", "")]));
        let missing = ["fixtures/x.yaml", "crates/b"];
        assert_eq!(found, missing.map(|path| format!("README.md: names {path}, which does not exist")));
    }

    #[test]
    fn an_invariant_needs_a_check_that_exists() {
        let good = "- Invariant: a. Check: `a_holds`, `cargo xtask layers`\n";
        let code = ("a.rs", "fn a_holds() {}\n");
        assert_eq!(unguarded_invariants(&tree(&[(ARCHITECTURE, good), code])), Vec::<String>::new());
        assert_eq!(unguarded_invariants(&tree(&[(ARCHITECTURE, good)])).len(), 1);
        assert_eq!(unguarded_invariants(&tree(&[(ARCHITECTURE, "Invariant: b.\n"), code])).len(), 1);
    }
}

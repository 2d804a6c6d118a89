//! Rust files that no module tree reaches, and files that do not say what they are for.

use super::Tree;
use crate::workspace;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(super) fn orphans(tree: &Tree) -> Vec<String> {
    let root = workspace::root();
    let mut reached = BTreeSet::new();
    for package in tree.packages.values() {
        for target in &package.targets {
            let path = target.strip_prefix(root).unwrap_or(target).display().to_string();
            reach(tree, &path, &mut reached);
        }
    }
    let orphans =
        tree.rust().filter(|source| !source.path.starts_with("fixtures/") && !reached.contains(&source.path));
    orphans.map(|source| format!("{}: in no module tree, so nothing compiles it", source.path)).collect()
}

/// Adds the file and all modules that it declares, for a file that may declare them beside itself.
fn reach(tree: &Tree, path: &str, reached: &mut BTreeSet<String>) {
    let Some(source) = tree.file(path) else { return };
    reached.insert(path.to_owned());
    let home = Path::new(path).parent().unwrap_or(Path::new(""));
    let root_or_mod = matches!(
        Path::new(path).file_name().and_then(|name| name.to_str()),
        Some("lib.rs" | "main.rs" | "mod.rs")
    );
    let is_target = tree.packages.values().any(|p| p.targets.iter().any(|target| target.ends_with(path)));
    let children =
        if root_or_mod || is_target { home.to_owned() } else { Path::new(path).with_extension("") };
    for declared in declared(&source.text) {
        let candidates = match declared {
            Declared::Beside(file) => vec![home.join(file)],
            Declared::Named(name) => {
                vec![children.join(format!("{name}.rs")), children.join(name).join("mod.rs")]
            }
        };
        for candidate in candidates.iter().map(|path| normal(path)) {
            if !reached.contains(&candidate) {
                reach(tree, &candidate, reached);
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Declared<'s> {
    Named(&'s str),
    Beside(&'s str),
}

/// `mod name;` and `#[path = "file"] mod name;`, also inside of inline modules.
fn declared(text: &str) -> Vec<Declared<'_>> {
    let mut found = Vec::new();
    let mut path = None;
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("#[path = \"") {
            path = rest.split('"').next();
        } else if let Some(name) = module_name(line) {
            found.push(path.take().map_or(Declared::Named(name), Declared::Beside));
        }
    }
    found
}

fn module_name(line: &str) -> Option<&str> {
    let line =
        ["pub(crate) ", "pub(super) ", "pub "].iter().find_map(|p| line.strip_prefix(p)).unwrap_or(line);
    line.strip_prefix("mod ")?.strip_suffix(';')
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> String {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(parts.pop()),
            std::path::Component::CurDir => {}
            other => parts.push(other),
        }
    }
    parts.display().to_string()
}

pub(super) fn without_a_first_line(tree: &Tree) -> Vec<String> {
    let silent =
        tree.rust().filter(|source| !source.path.starts_with("fixtures/") && !source.text.starts_with("//!"));
    silent.map(|source| format!("{}: does not open with `//!`", source.path)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn modules_are_followed_through_files_directories_and_paths() {
        let files = [
            ("crates/a/src/lib.rs", "mod b;\n#[path = \"../odd/c.rs\"]\nmod c;\n"),
            ("crates/a/src/b.rs", "pub(crate) mod d;\n"),
            ("crates/a/src/b/d.rs", ""),
            ("crates/a/odd/c.rs", ""),
            ("crates/a/src/dead.rs", ""),
        ];
        let mut reached = BTreeSet::new();
        reach(&tree(&files), "crates/a/src/lib.rs", &mut reached);
        let missed: Vec<_> = files.iter().filter(|(path, _)| !reached.contains(*path)).collect();
        assert_eq!(missed, [&files[4]]);
    }

    #[test]
    fn a_file_that_says_nothing_is_found() {
        let found = without_a_first_line(&tree(&[("a.rs", "//! A.\n"), ("b.rs", "use a;\n")]));
        assert_eq!(found, ["b.rs: does not open with `//!`"]);
    }
}

//! The files of the repository, as git knows them, and what can be read off Rust text without a parser.
//!
//! Formatting is checked before, so indentation tells where an item ends.

use crate::{Failure, shell, workspace};
use std::path::Path;
use std::process::Command;

/// One text file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// Whether it is a file of this kind: `rs`, `md`.
    pub(crate) fn is(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|own| own == extension)
    }
}

/// Every text file that git tracks or would track, in order of path.
pub(crate) fn all() -> Result<Vec<Source>, Failure> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(workspace::root());
    let listing = shell::output(&mut git, "run this inside a git checkout")?;
    let mut paths: Vec<&str> = listing.split('\0').filter(|path| !path.is_empty()).collect();
    paths.sort_unstable();
    paths.dedup();
    let read = |path: &str| {
        let text = std::fs::read_to_string(workspace::root().join(path)).ok()?;
        Some(Source { path: path.to_owned(), text })
    };
    // A file that is no text, or deleted and not yet committed, has no lines to check.
    Ok(paths.into_iter().filter_map(read).collect())
}

/// A function: its name, its first line (from 1), how many lines it has, and whether it is a test.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function<'s> {
    pub(crate) name: &'s str,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// The functions of a formatted file, nested ones too.
pub(crate) fn functions(text: &str) -> Vec<Function<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = line.len() - line.trim_start().len();
        let closing = format!("{}}}", " ".repeat(indent));
        let rest = lines.get(at..).unwrap_or_default();
        let one_line =
            |l: &&str| l.trim_end().ends_with(';') || (l.contains('{') && l.trim_end().ends_with('}'));
        let length = if rest.first().is_some_and(one_line) {
            1
        } else {
            rest.iter()
                .position(|l| *l == closing || *l == format!("{}) -> _;", " ".repeat(indent)))
                .map_or(1, |end| end + 1)
        };
        found.push(Function { name, line: at + 1, lines: length });
    }
    found
}

/// The name, when the line opens a function.
fn function_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    for qualifier in ["pub(crate) ", "pub(super) ", "pub ", "const ", "async ", "unsafe "] {
        rest = rest.strip_prefix(qualifier).unwrap_or(rest);
    }
    let rest = rest.strip_prefix("fn ")?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    rest.get(..end).filter(|name| !name.is_empty())
}

/// The line, from 1, from which on the file is a test module; `None` when it has none.
pub(crate) fn test_module(text: &str) -> Option<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let opens = |pair: &[&str]| matches!(pair, [first, second] if *first == "#[cfg(test)]" && second.starts_with("mod ") && second.ends_with('{'));
    lines.windows(2).position(opens).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_by_their_indentation() {
        let text = "pub(crate) const fn one() -> u8 { 1 }\n\nimpl A {\n    async fn two() {\n        x();\n    }\n}\nfn three();\n";
        let expected = [("one", 1, 1), ("two", 4, 3), ("three", 8, 1)];
        let found: Vec<_> = functions(text).into_iter().map(|f| (f.name, f.line, f.lines)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_word_that_ends_in_fn_opens_no_function() {
        assert_eq!(functions("let often = 1;\n// fn in prose\ntype F = fn(u8);\n"), []);
    }

    #[test]
    fn the_test_module_starts_at_its_attribute() {
        assert_eq!(test_module("fn a() {}\n#[cfg(test)]\nmod tests {\n}\n"), Some(2));
        assert_eq!(test_module("#[cfg(test)]\nmod tests;\n"), None);
    }
}

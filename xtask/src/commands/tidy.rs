//! `cargo xtask tidy`: what rots when no machine looks: dead files, long files, promises in documents.

mod documents;
mod modules;
mod rust;
mod shape;

use super::{Command, no_arguments};
use crate::Failure;
use crate::sources::{self, Source};
use crate::workspace::{self, Package};
use std::collections::BTreeMap;

pub(crate) const COMMAND: Command = Command {
    name: "tidy",
    arguments: "",
    about: "look for what rots: dead or long files, stale documents",
    run,
};

/// What every rule may look at.
struct Tree {
    sources: Vec<Source>,
    packages: BTreeMap<String, Package>,
}

impl Tree {
    fn rust(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| source.is("rs"))
    }

    fn file(&self, path: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.path == path)
    }
}

/// A rule: what it finds, and how that is repaired.
struct Rule {
    finds: fn(&Tree) -> Vec<String>,
    repair: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        finds: shape::top_level,
        repair: "move it into crates, bins, fixtures or xtask, or give it a leading dot",
    },
    Rule { finds: shape::machine_paths, repair: "use a path relative to the file or to CARGO_MANIFEST_DIR" },
    Rule {
        finds: shape::ci_calls_only_us,
        repair: "make the check a command of xtask and a stage of `cargo xtask ci`",
    },
    Rule { finds: modules::orphans, repair: "declare it with `mod` where it belongs, or delete it" },
    Rule {
        finds: modules::without_a_first_line,
        repair: "open the file with `//!` and one sentence: what is it for?",
    },
    Rule {
        finds: rust::long_files,
        repair: "split the file by the things in it; each file is named after one thing",
    },
    Rule { finds: rust::long_functions, repair: "split the function into steps that have names" },
    Rule {
        finds: rust::stale_allowances,
        repair: "lower or delete the line in xtask/long.txt: the list only shrinks",
    },
    Rule { finds: rust::forbidden_words, repair: "finish it, or assert what it does today and say why" },
    Rule { finds: rust::sleeps_in_tests, repair: "await the condition, or use tokio's paused time" },
    Rule {
        finds: rust::swallowed_skips,
        repair: "write the line with `writeln!(std::io::stderr(), ..)`: eprintln! is captured",
    },
    Rule { finds: documents::missing_paths, repair: "mend the path in the document" },
    Rule {
        finds: documents::unguarded_invariants,
        repair: "name a test or a command of xtask that exists, after `Check:`",
    },
];

fn run(arguments: &[String]) -> Result<(), Failure> {
    no_arguments(&COMMAND, arguments)?;
    let tree = Tree { sources: sources::all()?, packages: workspace::packages()? };
    let mut report = Vec::new();
    for rule in RULES {
        let found = (rule.finds)(&tree);
        if !found.is_empty() {
            report.extend(found);
            report.push(format!("  repair: {}", rule.repair));
        }
    }
    Failure::unless_empty(&report, "each group of findings above ends with its own")?;
    println!("{} files are tidy", tree.sources.len());
    Ok(())
}

/// A tree of these files, for the tests of the rules.
#[cfg(test)]
fn tree(files: &[(&str, &str)]) -> Tree {
    let source = |(path, text): &(&str, &str)| Source { path: (*path).to_owned(), text: (*text).to_owned() };
    Tree { sources: files.iter().map(source).collect(), packages: BTreeMap::new() }
}

//! `cargo xtask crds`: the CustomResourceDefinitions are made from the types.

use super::Command;
use crate::{Failure, shell};

pub(crate) const COMMAND: Command = Command {
    name: "crds",
    arguments: "[--check]",
    about: "write fixtures/crds from the types, or check that they are those",
    run,
};

/// Where they are; the charts refer to it.
const DIRECTORY: &str = "fixtures/crds";

fn run(arguments: &[String]) -> Result<(), Failure> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if !matches!(words.as_slice(), [] | ["--check"]) {
        let what = format!("`crds` takes --check or nothing, got `{}`", words.join(" "));
        return Err(Failure::new(what, "see `cargo xtask --help`"));
    }
    let cargo =
        ["run", "--quiet", "--locked", "--package", "aviary-crd", "--example", "crds", "--", DIRECTORY];
    shell::run(
        &mut shell::cargo(&[&cargo[..], &words].concat()),
        "run `cargo xtask crds` and commit what it writes",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_word_is_refused() {
        let failure = run(&["--force".to_owned()]).unwrap_err();
        assert!(failure.to_string().contains("--force"), "{failure}");
    }
}

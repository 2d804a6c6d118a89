//! The table and the sources tell of the same rules.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// Every text that is given to `because(` or `Reason::new(` in the sources of this crate.
fn emitted(directory: &Path, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            emitted(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("rules/tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let call = regex_lite::Regex::new(r#"(?:because|Reason::new)\(\s*"([^"]*)""#).unwrap();
            into.extend(call.captures_iter(&text).map(|found| found[1].to_owned()));
        }
    }
}

#[test]
fn every_rule_that_is_given_has_a_row_and_every_row_a_rule() {
    let mut given = BTreeSet::new();
    emitted(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut given);
    let rows: BTreeSet<String> = RULES.iter().map(|rule| rule.id.to_owned()).collect();
    assert!(given.len() > 20, "{given:?}");
    assert_eq!(given, rows);
    assert_eq!(rows.len(), RULES.len(), "a rule stands twice");
}

#[test]
fn every_row_says_what_ends_the_wait_in_a_phrase() {
    for rule in RULES {
        assert!(!rule.remedies.is_empty(), "{}", rule.id);
        let texts = rule.remedies.iter().map(|remedy| match remedy {
            Remedy::Command { effect, line } => {
                assert!(line.contains("{name}"), "{}: {line}", rule.id);
                *effect
            }
            Remedy::Wait(text) | Remedy::Mend(text) => *text,
        });
        for text in texts.chain([rule.about]) {
            let phrase = !text.is_empty() && !text.ends_with('.') && !text.starts_with(char::is_uppercase);
            assert!(phrase, "{}: {text:?}", rule.id);
        }
    }
}

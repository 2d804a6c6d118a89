//! How large a journal may be, and what is no journal.

use aviary_journal::{Error, Journal, read, stored, written};
use serde_json::json;

use crate::release::journal;

#[test]
fn the_oldest_entries_go_when_a_journal_would_be_too_large() {
    let mut journal = journal(1_000);
    let (whole, before) = (journal.pack(usize::MAX).unwrap().len(), journal.len());
    let most = whole / 2;
    let bytes = journal.pack(most).unwrap();
    assert!(bytes.len() <= most && journal.len() < before && journal.len() > 1);
    let kept = Journal::unpack(&bytes).unwrap();
    let numbers: Vec<u64> = kept.entries().unwrap().iter().map(|entry| entry.number).collect();
    assert_eq!(numbers.last(), Some(&(before as u64)));
    assert_eq!(numbers.len(), journal.len());
    assert!(matches!(journal.pack(100), Err(Error::TooLarge { .. })));
    assert_eq!(journal.len(), 1);
}

#[test]
fn a_journal_comes_back_from_its_config_map() {
    let mut journal = journal(10);
    let bytes = journal.pack(usize::MAX).unwrap();
    let (key, object) = stored(&journal.rollout, &bytes);
    assert_eq!(key.to_string(), "ConfigMap default/shop-decisions");
    assert_eq!(object["metadata"]["ownerReferences"][0]["uid"], "u");
    assert_eq!(written(&object).unwrap(), bytes);
    assert_eq!(read(object).unwrap(), journal);
}

#[test]
fn what_is_no_journal_is_refused_with_what_to_give_instead() {
    let refused = |value| read(value).unwrap_err().to_string();
    let later = refused(json!({"version": 2, "entries": []}));
    assert_eq!(
        later,
        "the journal has the version 2, and this program reads 1: use the version of aviary that wrote it"
    );
    let other = refused(json!({"kind": "ConfigMap", "metadata": {"name": "settings"}}));
    assert_eq!(other, "ConfigMap settings is somebody else's: it has no label aviary.dev/decisions");
    let none = refused(json!({"kind": "Rollout"}));
    assert!(none.starts_with("this is no decision journal: it has no version; give a ConfigMap"), "{none}");
    let labels = json!({"aviary.dev/decisions": "shop"});
    let torn = json!({"kind": "ConfigMap", "metadata": {"labels": labels}, "binaryData": {"journal.json.gz": "AAAA"}});
    assert!(refused(torn).starts_with("this is no decision journal: "));
}

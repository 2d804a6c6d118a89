//! Decisions that are made again, and who brought them about.

use aviary_journal::{Actor, Entry, Journal};
use serde_json::json;

use crate::release::{entries, journal};

#[test]
fn every_decision_of_a_release_is_decided_again_as_it_was() {
    let entries = entries(1_000);
    assert!(entries.len() > 15, "{}", entries.len());
    for entry in &entries {
        assert_eq!(entry.replay().unwrap(), [], "entry {}", entry.number);
    }
    // The same through the text that people keep.
    let text = serde_json::to_vec(&json!({
        "version": 1, "rollout": {"namespace": "default", "name": "shop"}, "entries": entries,
    }));
    assert_eq!(Journal::from_json(&text.unwrap()).unwrap().entries().unwrap(), entries);
}

#[test]
fn an_entry_that_was_tampered_with_is_found_wherever_it_was_changed() {
    let entries = entries(1_000);
    let scaling = |entry: &&Entry| entry.decision.pointer("/actions/0/scale").is_some();
    let mut entry = entries.iter().find(scaling).unwrap().clone();
    entry.decision["actions"][0]["scale"]["replicas"] = json!(9);
    let found = entry.replay().unwrap();
    assert_eq!((found.len(), found[0].field.as_str()), (1, "actions[0].scale.replicas"));
    assert_eq!(found[0].recorded, json!(9));

    let mut entry = entries.iter().find(scaling).unwrap().clone();
    entry.inputs["rollout"]["spec"]["replicas"] = json!(40);
    assert!(!entry.replay().unwrap().is_empty(), "another input is another decision");

    let mut entry = entries[0].clone();
    entry.inputs["rollout"]["spec"]["replicas"] = json!("four");
    let told = entry.replay().unwrap_err().to_string();
    assert!(
        told.starts_with("entry 1 of the journal cannot be read: invalid type: string \"four\""),
        "{told}"
    );
}

#[test]
fn what_a_user_did_is_told_apart_from_what_came_by_itself() {
    let entries = entries(1_000);
    let mut users = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let (actor, changes) = entry.since(at.checked_sub(1).and_then(|before| entries.get(before)));
        assert_eq!(actor == Actor::Unknown, at == 0);
        if actor == Actor::User {
            let of_a_user = |change: &&aviary_journal::Change| {
                change.object == "Rollout" && (change.is_in("spec") || change.is_in("status"))
            };
            users.push(changes.iter().filter(of_a_user).map(ToString::to_string).collect::<Vec<_>>());
        }
    }
    let image = "Rollout spec.template.spec.containers[0].image: shop:1 → shop:2".to_owned();
    assert_eq!(users.len(), 2, "{users:?}");
    assert_eq!(users[0], [image]);
    assert!(users[1][0].starts_with("Rollout status.pauseConditions: no longer "), "{users:?}");
}

#[test]
fn an_entry_says_in_words_what_was_decided_and_why() {
    let entries = entries(1_000);
    let told: Vec<_> = entries.iter().map(Entry::told).collect();
    let actions: Vec<&str> = told.iter().flat_map(|told| &told.actions).map(String::as_str).collect();
    assert!(actions.iter().any(|action| action.starts_with("create ReplicaSet shop-")), "{actions:?}");
    assert!(actions.iter().any(|action| action.ends_with(" to 4")), "{actions:?}");
    let statuses: Vec<String> =
        told.iter().flat_map(|told| told.status.clone().unwrap_or_default()).collect();
    for change in ["step 1 done", "paused (CanaryPauseStep)", "step 2 done", "phase Healthy"] {
        assert!(statuses.iter().any(|status| status == change), "{change}: {statuses:?}");
    }
    let rules: Vec<&str> =
        told.iter().flat_map(|told| &told.because).map(|(rule, _)| rule.as_str()).collect();
    for rule in ["pods.new", "pause.wait", "pause.timed", "analysis.wait"] {
        assert!(rules.contains(&rule), "{rule}: {rules:?}");
    }
}

#[test]
fn numbers_go_on_when_the_oldest_entries_are_dropped() {
    let all = entries(1_000);
    let last: Vec<Entry> = entries(5);
    assert_eq!(last, all[all.len() - 5..]);
    assert_eq!(journal(5).len(), 5);
}

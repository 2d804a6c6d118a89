//! `history` and `replay`, on the journal of a simulated release.

use journal::Journal;
use serde_json::Value as Json;
use sim::Verb;

use crate::server::{Manners, Server};
use crate::simulated::{SHOP, Simulated};
use crate::{called, env, words};

/// A release that a person promoted once, with its journal stored.
fn released() -> Simulated {
    let mut shop = Simulated::release(SHOP);
    shop.passes(60);
    shop.does(&Verb::Promote);
    shop.passes(900);
    let journal = shop.journal();
    shop.stores(journal);
    shop
}

#[tokio::test]
async fn a_history_tells_each_decision_in_a_line() {
    let outcome = released().called("history rollout shop").await;
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (0, ""));
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    let words: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(words, ["#", "TIME", "ACTOR", "CHANGED", "RULES", "DECIDED"]);
    let users: Vec<&str> = lines.iter().copied().filter(|line| line.contains("  user  ")).collect();
    assert_eq!(users.len(), 2, "{}", outcome.stdout);
    let image = "Rollout spec.template.spec.containers[0].image: shop:1 → sh";
    assert!(users[0].contains(image) && users[0].contains("create ReplicaSet shop-"), "{}", users[0]);
    assert!(users[1].contains("Rollout status.pauseConditions: no longer ["), "{}", users[1]);
    assert!(
        lines
            .iter()
            .any(|line| line.contains("pause.timed") && line.contains("status: paused (CanaryPauseStep)"))
    );
    assert!(lines.last().unwrap().contains("phase Healthy"), "{}", outcome.stdout);
}

#[tokio::test]
async fn a_wide_history_tells_everything_and_only_the_last_if_that_is_asked_for() {
    let outcome = released().called("history rollout shop -o wide --last 2").await;
    let heads: Vec<&str> = outcome.stdout.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(heads.len(), 2, "{}", outcome.stdout);
    for part in ["  changed  ReplicaSet shop-", "  because  ", "  status   "] {
        assert!(outcome.stdout.contains(part), "{part}: {}", outcome.stdout);
    }
}

#[tokio::test]
async fn a_journal_is_replayed_from_the_cluster_and_from_what_history_printed() {
    let shop = released();
    let count = shop.journal().len();
    let same = format!("{count} decisions over Rollout default/shop decided again, as recorded\n");
    let outcome = shop.called("replay rollout shop").await;
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (0, same.as_str(), ""));

    let directory = tempfile::tempdir().unwrap();
    for output in ["json", "yaml"] {
        let file = directory.path().join(output);
        std::fs::write(&file, shop.called(&format!("history rollout shop -o {output}")).await.stdout)
            .unwrap();
        let outcome = shop.called(&format!("replay -f {}", file.display())).await;
        assert_eq!(
            (outcome.exit, outcome.stdout.as_str()),
            (0, same.as_str()),
            "{output}: {}",
            outcome.stderr
        );
    }
}

#[tokio::test]
async fn a_tampered_entry_is_found_and_shown() {
    let shop = released();
    let printed = shop.called("history rollout shop -o json").await.stdout;
    let mut history: Json = serde_json::from_str(&printed).unwrap();
    let entries = history["entries"].as_array_mut().unwrap();
    let count = entries.len();
    let scaling = |entry: &&mut Json| entry.pointer("/decision/actions/0/scale").is_some();
    let entry = entries.iter_mut().find(scaling).unwrap();
    let before = entry["decision"]["actions"][0]["scale"]["replicas"].clone();
    entry["decision"]["actions"][0]["scale"]["replicas"] = 9.into();
    let number = entry["number"].clone();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("journal.json");
    std::fs::write(&file, history.to_string()).unwrap();
    let outcome = shop.called(&format!("replay -f {}", file.display())).await;
    assert_eq!(outcome.exit, 1);
    assert_eq!(outcome.stderr, format!("Error: 1 of {count} decisions differs from the recorded one\n"));
    assert!(outcome.stdout.starts_with(&format!("#{number}  2026-01-31T12:00:")), "{}", outcome.stdout);
    let shown = format!("\n  actions[0].scale.replicas\n    recorded  9\n    decided   {before}\n");
    assert!(outcome.stdout.ends_with(&shown), "{}", outcome.stdout);

    let outcome = shop.called(&format!("replay -o json -f {}", file.display())).await;
    let told: Json = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((&told["decisions"], &told["differing"][0]["number"]), (&count.into(), &number));

    // The same in the cluster.
    let mut shop = Simulated::release(SHOP);
    shop.stores(Journal::from_value(history).unwrap());
    assert_eq!(shop.called("replay rollout shop").await.exit, 1);
}

#[tokio::test]
async fn without_a_journal_the_setting_is_named_that_makes_one() {
    let shop = Simulated::release(SHOP);
    let outcome = shop.called("history rollout shop").await;
    let error = "Error: rollout.argoproj.io \"shop\" has no decision journal; the controller writes one when it is started with --decisionJournal=100 (in the chart: decisionJournal: 100), from the next decision on\n";
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (1, error));
}

#[tokio::test]
async fn a_replay_wants_either_a_rollout_or_a_file() {
    let nobody = Server::new(Vec::new(), Manners::default());
    for (line, said) in [
        (
            "replay",
            "Error: the following required arguments were not provided:\n  <rollout ROLLOUT_NAME|--filename <FILE>>",
        ),
        (
            "replay rollout shop -f journal.json",
            "Error: a rollout of the cluster cannot be used with --filename <FILE>",
        ),
    ] {
        let outcome = called(&env("aviary"), &words(line), &nobody).await;
        let expected = format!("{said}\n\nUsage:\n");
        assert!(outcome.exit == 1 && outcome.stderr.starts_with(&expected), "{line}: {}", outcome.stderr);
    }
    let outcome = called(&env("aviary"), &words("replay -f none.json"), &nobody).await;
    let error = "Error: cannot read none.json: No such file or directory (os error 2); name one that is there, or - for the standard input\n";
    assert_eq!(outcome.stderr, error);
}

//! `explain rollout`, on a simulated release.

use serde_json::Value as Json;
use sim::Verb;

use crate::server::{Manners, Server};
use crate::simulated::{SHOP, Simulated};
use crate::{called, env, words};

#[tokio::test]
async fn a_pause_is_explained_with_the_commands_that_end_it() {
    let mut shop = Simulated::release(SHOP);
    shop.passes(120);
    let outcome = shop.called("explain rollout shop").await;
    let expected = "\
Rollout default/shop: ॥ Paused - CanaryPauseStep
At step 2 of 4 (pause).

It waits for a person: step 2 of 4 is a pause without an end
    since  2026-01-31T12:00:10Z (115s ago)
    rule   pause.wait
    → aviary promote shop         lets it go on with the next step
    → aviary promote shop --full  goes to the end, past all steps and analyses
    → aviary abort shop           brings the old version back

Next: nothing. The controller looks again when something changes.
";
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (0, ""));
    assert_eq!(outcome.stdout, expected);
}

#[tokio::test]
async fn commands_are_shown_as_they_must_be_typed() {
    let mut shop = Simulated::release(SHOP);
    shop.passes(120);
    let outcome = shop.called_as("kubectl-aviary", "explain ro shop -n default").await;
    assert!(outcome.stdout.contains("→ kubectl aviary promote shop -n default  "), "{}", outcome.stdout);
}

#[tokio::test]
async fn a_pause_that_ends_by_itself_says_when() {
    let mut shop = Simulated::release(SHOP);
    shop.passes(60);
    shop.does(&Verb::Promote);
    shop.passes(60);
    let outcome = shop.called("explain rollout shop").await;
    for part in [
        "At step 4 of 4 (pause: 10m).\n",
        "It waits for time to pass: step 4 of 4 is a pause\n",
        "    until  2026-01-31T12:1",
        "    → it goes on by itself at that time\n",
        "Next: nothing. The controller looks again at 2026-01-31T12:1",
    ] {
        assert!(outcome.stdout.contains(part), "{part}: {}", outcome.stdout);
    }
}

#[tokio::test]
async fn what_the_controller_does_next_is_told_before_it_does_it() {
    // Nobody has looked at the new image yet.
    let shop = Simulated::release(SHOP);
    let outcome = shop.called("explain rollout shop").await;
    assert!(
        outcome.stdout.contains("Next, the controller will:\n  - create ReplicaSet shop-"),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stdout.ends_with("see that one runs.\n"), "{}", outcome.stdout);
}

#[tokio::test]
async fn a_finished_release_waits_for_nothing() {
    let mut shop = Simulated::release(SHOP);
    shop.passes(60);
    shop.does(&Verb::PromoteFull);
    shop.passes(600);
    let outcome = shop.called("explain rollout shop").await;
    let expected = "\
Rollout default/shop: ✔ Healthy

It waits for nothing: the newest version is the stable one, and whole.

Next: nothing. The controller looks again when something changes.
";
    assert_eq!(outcome.stdout, expected);
}

#[tokio::test]
async fn an_explanation_for_machines_says_the_same() {
    let mut shop = Simulated::release(SHOP);
    shop.passes(60);
    shop.does(&Verb::Abort);
    shop.passes(60);
    let json = shop.called("explain rollout shop -o json").await;
    let told: Json = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&told["rollout"], &told["namespace"]), (&"shop".into(), &"default".into()));
    assert_eq!(told["phase"], "Degraded");
    assert_eq!(told["waits"][0]["rule"], "update.aborted");
    assert_eq!(told["waits"][0]["remedies"][1]["command"], "aviary retry rollout shop");
    assert_eq!(told["next"], Json::Array(vec![]));
    let yaml = shop.called("explain rollout shop -o yaml").await;
    assert_eq!(crd::yaml::from_str::<Json>(&yaml.stdout).unwrap(), told);
}

#[tokio::test]
async fn a_rollout_that_is_not_there_is_named_with_the_command_that_lists_them() {
    let shop = Simulated::release(SHOP);
    for command in ["explain", "history", "replay"] {
        let outcome = shop.called(&format!("{command} rollout sohp -n default")).await;
        let error = "Error: rollout.argoproj.io \"sohp\" not found in namespace \"default\"; `aviary list rollouts --all-namespaces` shows those that are there\n";
        assert_eq!((outcome.exit, outcome.stderr.as_str()), (1, error), "{command}");
    }
}

#[tokio::test]
async fn names_are_completed_for_the_commands_that_take_one() {
    let shop = Simulated::release(SHOP);
    for command in ["explain", "history", "replay"] {
        let outcome = shop.called(&format!("__complete {command} rollout sh")).await;
        assert_eq!(outcome.stdout, "shop\n:4\n", "{command}");
    }
    let usage = called(&env("aviary"), &words("explain"), &Server::new(Vec::new(), Manners::default())).await;
    assert!(
        usage.exit == 1 && usage.stderr.contains("aviary explain rollout ROLLOUT_NAME [flags]"),
        "{usage:?}"
    );
}

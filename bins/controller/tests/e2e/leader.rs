//! Two controllers, of which one at a time may write.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::harness::{Case, DEMO, Kind, Process, canary, rollout, tests, text, with};

tests! {
    a_leader_that_was_frozen_writes_nothing_after_another_took_over,
    a_leader_that_stops_hands_over_at_once,
}

const LEASE: &str = "argo-rollouts-controller-lock-leader";

/// A controller that competes for the lease, under a name of its own in the audit log.
fn compete(case: &Case<'_>, user: &str, lease_seconds: u32) -> Process {
    let flags = [
        "--instance-id=leader".to_owned(),
        "--leader-elect=true".to_owned(),
        format!("--leader-election-lease-duration={lease_seconds}s"),
        format!("--leader-election-renew-deadline={}ms", lease_seconds * 700),
        "--leader-election-retry-period=300ms".to_owned(),
    ];
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let variables = [("POD_NAMESPACE", case.namespace.as_str())];
    Process::within(&kubeconfig(case, user), user, &flags, &variables)
}

/// The kubeconfig of an administrator whose requests are written down, acting as somebody else.
fn kubeconfig(case: &Case<'_>, user: &str) -> PathBuf {
    let admin = case.stand.plane.kubeconfig();
    let mut config: Value = serde_json::from_str(&std::fs::read_to_string(&admin).unwrap()).unwrap();
    config["current-context"] = json!("controller");
    for known in config["users"].as_array_mut().unwrap() {
        known["user"]["as"] = json!(user);
        known["user"]["as-groups"] = json!(["system:masters"]);
    }
    let path = admin.with_file_name(format!("{user}.json"));
    std::fs::write(&path, config.to_string()).unwrap();
    path
}

fn holder(lease: &Value) -> &str {
    text(&lease["spec"]["holderIdentity"])
}

/// Writes of a user in this namespace: when, and what.
fn writes(case: &Case<'_>, user: &str) -> Vec<(String, String)> {
    let log = std::fs::read_to_string(case.stand.plane.audit_log()).unwrap();
    // The last line may be half written.
    let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ours = events.filter(|event| {
        text(&event["impersonatedUser"]["username"]) == user
            && text(&event["objectRef"]["namespace"]) == case.namespace
            && !["get", "list", "watch"].contains(&text(&event["verb"]))
            && event["responseStatus"]["code"].as_i64().is_some_and(|code| code < 300)
    });
    ours.map(|event| {
        let object = &event["objectRef"];
        let what =
            format!("{} {}/{}", text(&event["verb"]), text(&object["resource"]), text(&object["name"]));
        // Asked, not answered: whatever was asked before the other took over was asked by the leader.
        (text(&event["requestReceivedTimestamp"]).to_owned(), what)
    })
    .collect()
}

fn deploy_many(case: &Case<'_>) -> Vec<String> {
    let names: Vec<String> = (0..6).map(|number| format!("demo-{number}")).collect();
    let instance = json!({"argo-rollouts.argoproj.io/controller-instance-id": "leader"});
    let steps =
        json!([{"setWeight": 25}, {"pause": {"duration": 1}}, {"setWeight": 50}, {"pause": {"duration": 1}}]);
    for name in &names {
        let object = rollout(name, 4, json!({"canary": {"steps": steps}}));
        case.create(Kind::ROLLOUT, with(object, "/metadata/labels", instance.clone()));
    }
    names
}

fn a_leader_that_was_frozen_writes_nothing_after_another_took_over(case: &Case<'_>) {
    let names = deploy_many(case);
    let mut leader = ("first".to_owned(), compete(case, "first", 8));
    for name in &names {
        case.until_healthy(name);
    }
    for round in 1..=2 {
        let user = format!("round-{round}");
        let follower = compete(case, &user, 8);
        let version = (round + 1).to_string();
        for name in &names {
            case.release(name, &version);
        }
        case.until("the release has begun", |seen| names.iter().any(|name| seen.size(name, &version) > 0));
        let held = holder(&case.get(Kind::LEASE, LEASE)).to_owned();
        leader.1.freeze();
        case.until("the other holds the lease", |seen| {
            let now = holder(seen.get(Kind::LEASE, LEASE));
            !now.is_empty() && now != held
        });
        // It has work at once; the old one has, too, from the moment in which it goes on.
        case.until("the other works", |_| {
            writes(case, &user).iter().any(|(_, what)| !what.contains("leases"))
        });
        leader.1.thaw();
        for name in &names {
            case.until_healthy(name);
        }
        let taken = writes(case, &user).into_iter().find(|(_, what)| what.contains("leases")).unwrap().0;
        let late: Vec<_> = writes(case, &leader.0).into_iter().filter(|(at, _)| *at > taken).collect();
        assert_eq!(late, [], "{} wrote after {taken}, when {user} took over", leader.0);
        assert!(leader.1.has_ended(), "one that lost its lease ends");
        leader = (user, follower);
    }
    let seen = case.now();
    for name in &names {
        assert_eq!((seen.versions(name), seen.sets(name).count()), (vec![("3".to_owned(), 4)], 3));
    }
}

fn a_leader_that_stops_hands_over_at_once(case: &Case<'_>) {
    let instance = json!({"argo-rollouts.argoproj.io/controller-instance-id": "leader"});
    let leader = compete(case, "stops", 60);
    case.until("there is a leader", |seen| !holder(seen.get(Kind::LEASE, LEASE)).is_empty());
    let held = holder(&case.get(Kind::LEASE, LEASE)).to_owned();
    let _follower = compete(case, "follows", 60);
    leader.stop();
    // Well before a lease of 60 s has run out.
    case.until("the other holds the lease", |seen| {
        let now = holder(seen.get(Kind::LEASE, LEASE));
        !now.is_empty() && now != held
    });
    let object = canary(1, json!([]));
    let seen = case.deploy(with(object, "/metadata/labels", instance));
    assert_eq!(seen.ready(DEMO), 1);
    assert!(!writes(case, "follows").is_empty());
}

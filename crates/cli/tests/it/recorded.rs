//! Recorded invocations of the public plugin: exit code, both streams, and every write, compared whole.

use std::io::{self, Write as _};

use aviary_cli::Paint;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::server::{Manners, Server};
use crate::{NOW, Outcome, called, env};

/// Cases where we do better than what was recorded, with the reason; each has a test of its own below.
const BETTER: [(&str, &str); 5] = [
    ("restart-bad-duration-panics", "an error instead of a crash"),
    ("set-image-five-conflicts-panics", "the conflict instead of a crash"),
    ("create-clusteranalysistemplate-wrong-path", "created where cluster-wide objects are"),
    ("create-watch-always-fails", "the new object is watched, as the flag promises"),
    ("version-short", "our own version"),
];
/// Cases that need what this server is not, with the reason.
const ELSEWHERE: [(&str, &str); 1] =
    [("create-unknown-field", "the API server refuses unknown fields (fieldValidation=Strict)")];

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    args: Vec<String>,
    objects: Vec<Json>,
    #[serde(default)]
    files: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    env: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    server: Json,
    expect: Expected,
}

#[derive(Deserialize)]
struct Expected {
    exit: u8,
    stdout: String,
    stderr: String,
    writes: Vec<Json>,
}

fn cases() -> Option<Vec<Case>> {
    let path = xtask::recorded("recorded_invocations_print_send_and_answer_the_same", "cli-cases.json")?;
    let text = std::fs::read_to_string(path).unwrap();
    let cases: Cases = serde_json::from_str(&text).unwrap();
    Some(cases.cases)
}

/// `@T-7d` and `<now+10m, ...>` as times.
fn dated(json: Json) -> Json {
    match json {
        Json::String(text) => Json::String(moment(&text).unwrap_or(text)),
        Json::Array(items) => items.into_iter().map(dated).collect(),
        Json::Object(members) => members.into_iter().map(|(key, value)| (key, dated(value))).collect(),
        other => other,
    }
}

fn moment(text: &str) -> Option<String> {
    let rest = match text.strip_prefix("@T") {
        Some(rest) => rest,
        None => text.strip_prefix("<now")?.trim_end_matches('>').split(',').next()?,
    };
    let (sign, length) = match rest.split_at_checked(1) {
        None | Some(("", _)) => (1, "0s"),
        Some(("-", length)) => (-1, length),
        Some(("+", length)) => (1, length),
        Some(_) => return None,
    };
    let (number, unit) = length.split_at(length.len() - 1);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    let now: Timestamp = NOW.parse().unwrap();
    let length = SignedDuration::from_secs(sign * seconds * number.parse::<i64>().ok()?);
    Some(crd::Time::from(now + length).to_string())
}

/// The usage text up to where it was recorded.
fn cut(stderr: &str, expected: &str) -> String {
    match expected.split_once("<rest of the usage text>") {
        Some((start, _)) if stderr.starts_with(start) => expected.to_owned(),
        _ => stderr.to_owned(),
    }
}

async fn difference(case: &Case) -> Option<String> {
    let manners = Manners {
        no_status: case.server["noStatusSub"] == true,
        conflicts: case.server["conflicts"].as_u64().unwrap_or(0) as usize,
        forbid_patch: case.server["forbidPatch"] == true,
    };
    let server = Server::new(case.objects.iter().cloned().map(dated).collect(), manners);
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in &case.files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    let mut env = env("/usr/local/bin/kubectl-argo-rollouts");
    directory.path().clone_into(&mut env.directory);
    if case.env.get("TERM").is_some_and(|term| term == "dumb") {
        env.paint = Paint::Plain;
    }
    let mut outcome = called(&env, &case.args, &server).await;
    outcome.stderr = cut(&outcome.stderr, &case.expect.stderr);
    let expected = Outcome {
        exit: case.expect.exit,
        stdout: case.expect.stdout.clone(),
        stderr: case.expect.stderr.clone(),
    };
    let writes: Vec<Json> = case.expect.writes.iter().cloned().map(dated).collect();
    (outcome != expected || server.writes() != writes).then(|| {
        format!(
            "{}: {}\n--- expected\n{expected:#?}\n{}\n--- found\n{outcome:#?}\n{}",
            case.name,
            case.args.join(" "),
            serde_json::to_string(&writes).unwrap(),
            serde_json::to_string(&server.writes()).unwrap(),
        )
    })
}

#[tokio::test(start_paused = true)]
async fn recorded_invocations_print_send_and_answer_the_same() {
    let Some(cases) = cases() else { return };
    let left_out = |case: &Case| BETTER.iter().chain(&ELSEWHERE).any(|(name, _)| *name == case.name);
    let mut different = Vec::new();
    let mut ran = 0;
    for case in cases.iter().filter(|case| !left_out(case)) {
        different.extend(difference(case).await);
        ran += 1;
    }
    let mut stderr = io::stderr();
    writeln!(stderr, "{ran} of {} recorded invocations ran", cases.len()).unwrap();
    for (name, why) in BETTER.iter().chain(&ELSEWHERE) {
        writeln!(stderr, "  not {name}: {why}").unwrap();
        assert!(cases.iter().any(|case| case.name == *name), "{name} is no case");
    }
    assert!(different.is_empty(), "{} differ\n{}", different.len(), different.join("\n\n"));
}

//! P47 to P58: measurements that last.

use aviary_metric_providers::{Ctx, JobState, PodState, Waiting, garbage_collect, read, terminate};
use jiff::Timestamp;
use serde_json::json;

use super::{holds, passed};
use crate::job::{Played, by_job, looked, of, run};
use crate::kayenta;
use crate::{ctx, texts};

const ANY: (&str, &str) = ("", "");

#[tokio::test]
async fn vectors_of_jobs_that_begin_hold() {
    for (count, name) in [(0, "dummyuid.dummymetric.1"), (1, "dummyuid.dummymetric.2")] {
        let (jobs, run) = (Played::default(), run("dummyuid", "dummymetric", count, 0));
        let ctx = Ctx { jobs: Some(&jobs), run: Some(&run), ..ctx() };
        holds("P47", &read(&ctx, &by_job("dummymetric")).await, ANY, ('R', "", ""));
        assert_eq!(jobs.names(), [name]);
    }
    passed("P47");

    let (jobs, run_) = (Played::default(), run(&"u".repeat(36), "service-endpoint-reachable", 0, 0));
    let ctx_ = Ctx { jobs: Some(&jobs), run: Some(&run_), ..ctx() };
    holds("P48", &read(&ctx_, &by_job("service-endpoint-reachable")).await, ANY, ('R', "", ""));
    assert_eq!(jobs.names()[0].len(), 63);
    passed("P48");

    let jobs = Played { failing: Some("random create failure".to_owned()), ..Played::default() };
    let run = run("uid", "m", 0, 0);
    let ctx = Ctx { jobs: Some(&jobs), run: Some(&run), ..ctx() };
    holds("P49", &read(&ctx, &by_job("m")).await, ANY, ('E', "", "random create failure"));
    passed("P49");
}

#[tokio::test]
async fn vectors_of_jobs_that_run_hold() {
    for (conditions, phase) in [(&["Complete"][..], 'S'), (&["Failed"], 'F'), (&["Complete", "Failed"], 'F')]
    {
        holds("P50", &looked(&Played::with(conditions), &of("there")).await, ANY, (phase, "", ""));
    }
    let running = looked(&Played::with(&[]), &of("there")).await;
    holds("P50", &running, ANY, ('R', "", ""));
    assert!(running.resume_at.is_some());
    passed("P50");

    for reason in ["ErrImagePull", "ImagePullBackOff", "InvalidImageName"] {
        let waiting = Waiting {
            container: "c".to_owned(),
            reason: reason.to_owned(),
            message: "no such image".to_owned(),
        };
        let pods = vec![PodState::default(), PodState { name: "p".to_owned(), waiting: vec![waiting] }];
        let jobs = Played { pods, ..Played::with(&[]) };
        let message = format!("Pod p, container c has terminal error ({reason}): no such image\n");
        holds("P51", &looked(&jobs, &of("there")).await, ANY, ('I', "", &message));
        assert_eq!(jobs.names(), ["there"], "it is not deleted");
    }
    passed("P51");

    let gone = "job.batch \"job-which-does-not-exist\" not found";
    let reading = looked(&Played::with(&[]), &of("job-which-does-not-exist")).await;
    holds("P52", &reading, ANY, ('E', "", gone));
    passed("P52");
}

#[tokio::test]
async fn vectors_of_jobs_that_end_hold() {
    let jobs = Played::with(&[]);
    let run = run("uid", "m", 0, 0);
    let ctx = Ctx { jobs: Some(&jobs), run: Some(&run), ..ctx() };
    let missing = ('E', "", "job metadata reference missing");
    holds("P53", &looked(&jobs, &texts(&[])).await, ANY, missing);
    holds("P53", &terminate(&ctx, &by_job("m"), &texts(&[])).await, ANY, missing);
    passed("P53");

    for _ in 0..2 {
        let ended = terminate(&ctx, &by_job("m"), &of("there")).await;
        holds("P54", &ended, ANY, ('I', "", ""));
        assert_eq!((ended.metadata, jobs.names().is_empty()), (of("there"), true));
    }
    passed("P54");

    for at in 0..12 {
        let created = Some(Timestamp::from_second(1_000 - at).unwrap());
        jobs.add(JobState {
            name: format!("j{at:02}"),
            namespace: "ns".to_owned(),
            created,
            ..JobState::default()
        });
    }
    garbage_collect(&ctx, &by_job("m"), 10).await.unwrap();
    assert_eq!(jobs.names(), (0..10).map(|at| format!("j{at:02}")).collect::<Vec<_>>());
    passed("P55");
}

#[tokio::test]
async fn vectors_of_kayenta_hold() {
    let done = |score: f64| json!({"complete": true, "result": {"judgeResult": {"score": {"score": score}}}});
    for (score, phase, value) in [(100.0, 'S', "100"), (80.0, 'I', "80"), (60.9, 'F', "60")] {
        holds("P56", &kayenta::looked(200, done(score)).await, ANY, (phase, value, ""));
    }
    passed("P56");

    let working = kayenta::looked(200, json!({"complete": false})).await;
    holds("P57", &working, ANY, ('R', "", ""));
    assert_eq!(working.resume_at, Some("2023-11-14T22:13:35.5Z".parse().unwrap()));
    passed("P57");

    for (status, answer, message) in [
        (200, json!({}), "Missing Complete Status"),
        (200, json!({"complete": true}), "Missing Score"),
        (500, json!({}), "Invalid Response"),
    ] {
        holds("P58", &kayenta::looked(status, answer).await, ANY, ('E', "", message));
    }
    let nameless = kayenta::begun(200, json!({"canaryExecutionId": ""})).await;
    holds("P58", &nameless, ANY, ('E', "", "Invalid canaryExecutionId"));
    holds("P58", &kayenta::begun(500, json!({})).await, ANY, ('E', "", "Invalid Response"));
    passed("P58");
}

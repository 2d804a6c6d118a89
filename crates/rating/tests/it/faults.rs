//! Playing a bad release.

use aviary_rating::{Config, FaultPlan, StartError};

use crate::support::{config, problem, start};

#[tokio::test]
async fn the_same_seed_fails_the_same_requests() {
    let plan = FaultPlan { errors: 0.2, seed: 7, ..FaultPlan::default() };
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (service, client) = start(Config { faults: plan, ..config() }).await;
        let mut statuses = Vec::new();
        for _ in 0..200 {
            statuses.push(client.get("/v1/items/a/rating").await.status);
        }
        runs.push(statuses);
        service.shutdown().await;
    }
    let planned: Vec<u16> = (0..200).map(|request| if plan.fails(request) { 500 } else { 200 }).collect();
    assert_eq!(runs, [planned.clone(), planned]);
}

#[test]
fn the_share_of_failing_requests_is_the_one_asked_for() {
    for (errors, seed) in [(0.0, 1), (0.01, 2), (0.2, 3), (1.0, 4)] {
        let plan = FaultPlan { errors, seed, ..FaultPlan::default() };
        let failing = (0..100_000).filter(|request| plan.fails(*request)).count() as f64;
        // Four standard deviations of a binomial count.
        let tolerance = 4.0 * (100_000.0 * errors * (1.0 - errors)).sqrt();
        assert!((failing - 100_000.0 * errors).abs() <= tolerance, "{errors}: {failing}");
    }
}

#[tokio::test]
async fn an_unhealthy_instance_fails_its_checks_and_goes_on_serving() {
    let (service, client) = start(config()).await;
    service.faults().set(FaultPlan { unhealthy: true, ..FaultPlan::default() });
    for path in ["/healthz", "/readyz"] {
        assert_eq!(problem(&client.get(path).await).1, "unavailable");
    }
    assert_eq!(client.get("/v1/items/a/rating").await.status, 200);
    service.shutdown().await;
}

#[tokio::test]
async fn a_degraded_instance_passes_every_check_that_does_not_read_the_body() {
    let (service, client) = start(config()).await;
    service.faults().set(FaultPlan { degraded: true, ..FaultPlan::default() });
    let answer = client.get("/healthz").await;
    assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some("degraded")));
    service.shutdown().await;
}

#[test]
fn a_plan_is_read_from_an_environment() {
    let plan = |pairs: &'static [(&str, &str)]| {
        FaultPlan::default()
            .with_env(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    };
    assert_eq!(plan(&[]), Ok(FaultPlan::default()));
    assert_eq!(
        plan(&[
            ("RATING_FAULT_ERRORS", "0.05"),
            ("RATING_FAULT_LATENCY", "150ms"),
            ("RATING_FAULT_UNHEALTHY", "true"),
            ("RATING_FAULT_DEGRADED", "true")
        ]),
        Ok(FaultPlan {
            errors: 0.05,
            latency: std::time::Duration::from_millis(150),
            unhealthy: true,
            degraded: true,
            seed: 0
        })
    );
    let error = plan(&[("RATING_FAULT_ERRORS", "5%")]).unwrap_err().to_string();
    assert_eq!(error, "RATING_FAULT_ERRORS=\"5%\": a share is a number from 0 to 1, such as 0.05");
}

#[tokio::test]
async fn a_version_that_no_header_can_carry_is_refused_at_the_start() {
    let refused =
        aviary_rating::Service::start(Config { version: "1.4\n0".to_owned(), ..config() }).await.err();
    assert!(matches!(refused, Some(StartError::Version(_))));
}

//! A config's fields as rules, and what is said of it besides.

use judge::classic::{Direction, Effect, Gaps, Limits, Measure, Rules};

use super::*;

fn canary(text: &str, columns: &[&str]) -> Result<Canary, String> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("c.json"), text).unwrap();
    let env = Env { directory: directory.path().to_owned(), ..Env::of_process("aviary") };
    read(&env, Path::new("c.json"), columns).map_err(|error| error.to_string())
}

/// A config with one metric of which this is said.
fn rules_of(canary_part: &str) -> Rules {
    let text = format!(
        "{{\"metrics\": [{{\"name\": \"cpu\", \"groups\": [\"g\"], \"analysisConfigurations\": {canary_part}}}]}}"
    );
    canary(&text, &["cpu"]).unwrap_or_else(|error| panic!("{error}")).metrics.remove(0).rules
}

#[test]
fn what_is_not_said_is_as_kayenta_has_it_and_what_is_said_counts() {
    assert_eq!(rules_of("null"), Rules::default());
    assert_eq!(rules_of(r#"{"canary": {"effectSize": null, "critical": null}}"#), Rules::default());
    let cles = rules_of(r#"{"canary": {"effectSize": {"measure": "cles", "criticalDecrease": 0.2}}}"#);
    let usual = Effect::of(Measure::CommonLanguage);
    let critical = Limits { decrease: 0.2, ..usual.critical };
    assert_eq!(cles.effect, Effect { critical, ..usual });
    let all = rules_of(
        r#"{"canary": {"direction": "decrease", "nanStrategy": "replace", "critical": "true", "mustHaveData": true,
            "effectSize": {"allowedIncrease": 1.2, "allowedDecrease": "0.8",
                           "criticalIncrease": 5, "criticalDecrease": 0.5},
            "outliers": {"strategy": "remove", "outlierFactor": 2.5}}}"#,
    );
    let expected = Rules {
        direction: Direction::Decrease,
        gaps: Gaps::Replace,
        critical: true,
        must_have_data: true,
        effect: Effect {
            measure: Measure::MeanRatio,
            allowed: Limits { increase: 1.2, decrease: 0.8 },
            critical: Limits { increase: 5.0, decrease: 0.5 },
        },
        outliers: Some(2.5),
    };
    assert_eq!(all, expected);
    assert_eq!(rules_of(r#"{"canary": {"outliers": {"strategy": "remove"}}}"#).outliers, Some(3.0));
    assert_eq!(
        rules_of(r#"{"canary": {"outliers": {"strategy": "keep", "outlierFactor": 2}}}"#).outliers,
        None
    );
}

#[test]
fn json_with_tabs_and_yaml_are_read_alike() {
    let json = "{\n\t\"metrics\":\t[\n\t\t{\"name\": \"cpu\", \"groups\": [\"g\\th\"]}\n\t]\n}\n";
    let yaml = "metrics:\n- name: cpu\n  groups: [\"g\\th\"]\n";
    for text in [json, yaml] {
        let read = canary(text, &["cpu"]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read.metrics[0].groups, ["g\th"]);
    }
    let place = canary("{\n\t\"metrics\":\t[\n\t\t{\"name\": \"cpu\"}\n\t]\n}\n", &["cpu"]).err().unwrap();
    assert!(place.starts_with("c.json:3:3: metrics[cpu].groups is missing: "), "{place}");
}

#[test]
fn weights_that_cannot_add_up_to_a_hundred_are_told() {
    let with = |weights: &str| {
        let metrics = "{name: a, groups: [A]}, {name: b, groups: [B]}, {name: c, groups: [C], \
                       analysisConfigurations: {canary: {muted: true}}}";
        canary(
            &format!("{{metrics: [{metrics}], classifier: {{groupWeights: {weights}}}}}"),
            &["a", "b", "c"],
        )
    };
    let said = |weights: &str| with(weights).unwrap_or_else(|error| panic!("{error}")).notes.concat();
    for fine in ["{}", "{A: 60}", "{A: 60, B: 40}", "{A: 33.33, B: 66.66}", "{A: 100}"] {
        assert_eq!(said(fine), "", "{fine}");
    }
    // A group that is muted, or that nobody is in, takes its weight with it.
    for (lost, best) in [
        ("{A: 30, B: 60}", "weigh 90, not 100"),
        ("{A: 30, B: 30, C: 40}", "weigh 60, not 100"),
        ("{A: 60, D: 10}", "weigh 90, not 100"),
        ("{A: 90, B: 60}", "weigh 150, not 100"),
    ] {
        assert!(said(lost).contains(best), "{lost}: {}", said(lost));
    }
    let nothing_left = with("{A: 90, D: 60}").err().unwrap();
    assert!(
        nothing_left.contains("classifier.groupWeights: `a total of 150` is above 100: leave"),
        "{nothing_left}"
    );
}

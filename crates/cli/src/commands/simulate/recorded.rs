//! Recorded metrics: CSV with the columns `time`, `metric` and `value`.
//!
//! A time is a number of seconds, a duration such as `6m30s`, or a moment in the form of RFC 3339; then the first row is
//! the update. An empty value is an answer without data.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use sim::Reading;

use crate::{Env, Error};

#[derive(Deserialize)]
struct Row {
    time: String,
    metric: String,
    value: Option<f64>,
}

pub(super) fn read(file: &Path, env: &Env) -> Result<BTreeMap<String, Vec<Reading>>, Error> {
    let shown = file.display();
    let text = env.read(file).map_err(|error| Error::unreadable(&shown, &error))?;
    parse(&text).map_err(|why| Error::new(format!("{shown}: {why}")))
}

fn parse(text: &str) -> Result<BTreeMap<String, Vec<Reading>>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut first: Option<Timestamp> = None;
    let mut readings: BTreeMap<String, Vec<(f64, Reading)>> = BTreeMap::new();
    for row in reader.deserialize() {
        let row: Row = row.map_err(|error| error.to_string())?;
        let seconds = seconds(&row.time, &mut first)?;
        let reading = Reading { from: format!("{seconds}s"), value: row.value, error: String::new() };
        readings.entry(row.metric).or_default().push((seconds, reading));
    }
    if readings.is_empty() {
        return Err("there is no row below the header time,metric,value".to_owned());
    }
    Ok(readings
        .into_iter()
        .map(|(metric, mut list)| {
            list.sort_by(|one, other| one.0.total_cmp(&other.0));
            (metric, list.into_iter().map(|(_, reading)| reading).collect())
        })
        .collect())
}

fn seconds(text: &str, first: &mut Option<Timestamp>) -> Result<f64, String> {
    if let Ok(number) = text.parse::<f64>() {
        return if number >= 0.0 {
            Ok(number)
        } else {
            Err(format!("the time {text:?} is before the update"))
        };
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        let passed = moment.duration_since(*first.get_or_insert(moment)).as_secs_f64();
        return if passed >= 0.0 {
            Ok(passed)
        } else {
            Err(format!("the time {text:?} is before that of the first row"))
        };
    }
    let length = crd::duration::parse(text);
    length.map(|length| length.as_secs_f64()).map_err(|_| {
        format!("the time {text:?} is no number of seconds, no duration such as 6m30s and no time such as 2026-01-31T12:00:00Z")
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn times_are_seconds_durations_or_moments_and_an_empty_value_is_no_data() {
        let readings = parse("time,metric,value\n60,errors,0.5\n30s,errors,\n").unwrap();
        let errors: Vec<(&str, Option<f64>)> =
            readings["errors"].iter().map(|reading| (reading.from.as_str(), reading.value)).collect();
        assert_eq!(errors, [("30s", None), ("60s", Some(0.5))]);
        let readings =
            parse("time,metric,value\n2026-01-31T12:00:00Z,a,1\n2026-01-31T12:01:30Z,a,2\n").unwrap();
        assert_eq!(readings["a"][1].from, "90s");
        assert!(parse("time,metric,value\nnoon,a,1\n").unwrap_err().contains("\"noon\""));
        assert!(parse("time,metric,value\n").unwrap_err().contains("no row"));
        assert!(parse("time,name\n1,a\n").unwrap_err().contains("missing field `metric`"));
    }
}

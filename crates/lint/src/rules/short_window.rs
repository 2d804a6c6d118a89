//! Windows of `rate()` that hold too few scrapes.

use std::time::Duration;

use crd::duration;
use serde_json::Value;

use crate::analyses;
use crate::bundle::Bundle;
use crate::rule::{Sink, draft};
use plan::condition;
use plan::promql;

/// `rate()` needs two samples; with four it still has them when one scrape is late and one is lost.
const SCRAPES: u32 = 4;
/// How often Prometheus scrapes when the bundle does not say: its own default is a minute, most set half of it.
const USUAL: Duration = Duration::from_secs(30);

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    let known = scrape_interval(bundle);
    let interval = known.unwrap_or(USUAL);
    for view in analyses::metrics(bundle) {
        let Some(metric) = view.metric() else { continue };
        if condition::provider(metric) != "prometheus" {
            continue;
        }
        let query = promql::read(condition::query(metric).unwrap_or_default());
        let Some(window) = query.windows.iter().map(|(window, _)| *window).min() else { continue };
        if window >= interval * SCRAPES {
            continue;
        }
        let whence = if known.is_some() { "of the monitor in these files" } else { "that is usual" };
        let message = format!(
            "a window of {} s holds {} scrapes at the interval of {} s {whence}: one late scrape and `rate` has nothing \
             to say, or jumps",
            window.as_secs(),
            window.as_secs() / interval.as_secs().max(1),
            interval.as_secs()
        );
        let remedy = format!("use a window of at least {} s, four scrapes", (interval * SCRAPES).as_secs());
        sink.at(view.template.object, &view.pointer("provider/prometheus/query"), draft(message, remedy));
    }
}

/// The longest scrape interval of the monitors in the bundle.
fn scrape_interval(bundle: &Bundle) -> Option<Duration> {
    let monitors = bundle.objects.iter().filter(|object| {
        object.is("monitoring.coreos.com", "ServiceMonitor")
            || object.is("monitoring.coreos.com", "PodMonitor")
    });
    let endpoints = monitors.filter_map(|monitor| {
        let spec = monitor.value().get("spec")?;
        spec.get("endpoints").or_else(|| spec.get("podMetricsEndpoints"))?.as_array()
    });
    let intervals = endpoints.flatten().filter_map(|one| one.get("interval").and_then(Value::as_str));
    intervals.filter_map(|text| duration::parse(text).ok()).max()
}

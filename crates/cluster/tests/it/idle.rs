//! What a controller costs that has nothing to do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kube::client::Body;
use parking_lot::Mutex;
use tower::ServiceExt;

use crate::manifests::shop;
use crate::region::{Region, Running, is_promoted};
use crate::waiting::settled;

const HOUR: Duration = Duration::from_secs(3600);

type Counts = Arc<Mutex<BTreeMap<String, usize>>>;

/// Counts requests on their way: by method, and watches apart.
fn counter(counts: &Counts) -> impl Fn(http::Request<Body>) -> http::Request<Body> + Clone + Send + use<> {
    let kept = Arc::clone(counts);
    move |request| {
        let watch = request.uri().query().is_some_and(|query| query.contains("watch=true"));
        let what = if watch { "watch".to_owned() } else { request.method().to_string() };
        *kept.lock().entry(what).or_default() += 1;
        request
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_controller_writes_nothing_and_lists_nothing() {
    let shops: Vec<_> = ["a", "b", "c"].iter().map(|name| shop(name)).collect();
    let region = Region::with("us-east-1", &shops).await;
    let counts = Counts::default();
    let service = region.server.service().map_request(counter(&counts));
    let _running = Running::start(service, region.settings()).await;
    for name in ["a", "b", "c"] {
        region.until("default", name, HOUR, is_promoted).await;
    }
    settled().await;
    let busy = std::mem::take(&mut *counts.lock());
    assert!(busy.contains_key("PATCH") && busy.contains_key("GET"), "the counter counts: {busy:?}");
    // Virtual: what an hour costs is what this is about.
    tokio::time::sleep(HOUR).await;
    let mut idle = std::mem::take(&mut *counts.lock());
    // Watches end after some minutes and are begun again; eight kinds are watched.
    let watches = idle.remove("watch").unwrap_or_default();
    assert!(watches <= 8 * 13, "{watches} watches in an hour");
    assert_eq!(idle, BTreeMap::new());
}

//! A run read once more, because the write of its status was refused.

use crd::{AnalysisRun, Kind};
use kube::api::{DynamicObject, ListParams};
use kube::{Api, Client};

use crate::reflect::resource;

/// The run as a pass over it began, with the metadata that it has now; `None` where its status is another one by now, or
/// it is gone, and what the pass has found is no answer any more.
///
/// It is asked of the server: what the write ran into may not be in the cache yet. What was asked for in between, in the
/// spec, is for the next pass: this one has begun measurements that the status must tell of first, for it is by the
/// status that they are found and ended.
pub(super) async fn as_it_began(client: Client, run: &AnalysisRun) -> Option<AnalysisRun> {
    let name = &run.metadata.name;
    let api: Api<DynamicObject> =
        Api::namespaced_with(client, &run.metadata.namespace, &resource(&Kind::ANALYSIS_RUN));
    // Runs may be listed, and there is one of this name.
    let list = api.list(&ListParams::default().fields(&format!("metadata.name={name}"))).await;
    let list =
        list.inspect_err(|error| tracing::debug!(analysisrun = %name, %error, "it cannot be read again"));
    let found = serde_json::to_value(list.ok()?.items.pop()?).ok()?;
    let found: AnalysisRun = serde_json::from_value(found).ok()?;
    let same = found.metadata.uid == run.metadata.uid && found.status == run.status;
    same.then(|| AnalysisRun { metadata: found.metadata, ..run.clone() })
}

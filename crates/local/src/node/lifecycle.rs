//! The life of one pod, from binding to confirmed deletion.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::sleep;

use super::probe::Probe;
use super::report::Report;
use super::servers::Servers;
use super::{ADDRESS, METRICS, Shared, container};

/// What is wished of a pod's task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Run.
    Run,
    /// Go away within this time, as a duration of the manifests.
    Terminate(Duration),
    /// The object is gone, or the node stops: nothing more is to be reported.
    Gone,
}

/// Runs `pod` until its wish says otherwise, then drains it.
pub(super) async fn live(shared: Arc<Shared>, pod: Pod, mut wish: watch::Receiver<Wish>) {
    let api = Api::namespaced(shared.client.clone(), &pod.namespace().unwrap_or_default());
    let mut life = Life { report: Report::new(&pod), api, shared, pod };
    let mut running = None;
    tokio::select! {
        error = life.serve(&mut running) => {
            tracing::warn!(%error, pod = life.pod.name_any(), "a pod could not be reported; it runs on until it is deleted");
            over(&mut wish).await;
        }
        () = over(&mut wish) => {}
    }
    let last = *wish.borrow();
    life.end(running, last).await;
}

/// Waits until the pod is to run no longer.
async fn over(wish: &mut watch::Receiver<Wish>) {
    // An error means that the node is gone, and the wish with it.
    let _ = wish.wait_for(|wish| *wish != Wish::Run).await;
}

struct Life {
    shared: Arc<Shared>,
    pod: Pod,
    api: Api<Pod>,
    report: Report,
}

impl Life {
    /// Starts the pod and follows its probes; ends only when the API refuses a report.
    async fn serve(&mut self, running: &mut Option<Servers>) -> kube::Error {
        match self.try_serve(running).await {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    async fn try_serve(&mut self, running: &mut Option<Servers>) -> kube::Result<std::convert::Infallible> {
        self.bind().await?;
        self.publish().await?;
        let pace = self.shared.config.pace;
        sleep(pace.real(self.shared.config.start_delay)).await;
        match container::start(&self.shared, &self.pod).await {
            Ok(started) => {
                let servers = running.insert(started);
                // The kubelet asks the container that has the probe, not the proxy before it.
                let probed = servers.service.addr();
                let note = json!({
                    ADDRESS: servers.address().to_string(),
                    METRICS: servers.metrics().to_string(),
                });
                let note = json!({"metadata": {"annotations": note}});
                self.patch(&note).await?;
                self.report.started();
                self.publish().await?;
                let mut probe = Probe::of(&self.pod, probed, &self.shared);
                loop {
                    let verdict = probe.changed().await;
                    self.report.ready(verdict);
                    self.publish().await?;
                }
            }
            Err(failure) => {
                self.report.waits(failure.reason, &failure.message);
                self.publish().await?;
                std::future::pending().await
            }
        }
    }

    /// The pre-stop hook, the drain, and the confirmation that nothing is left.
    async fn end(mut self, running: Option<Servers>, wish: Wish) {
        if let (Some(running), Wish::Terminate(_)) = (running, wish) {
            self.report.terminating();
            if let Err(error) = self.publish().await {
                tracing::debug!(%error, "reporting a pod that goes");
            }
            sleep(self.shared.config.pace.real(container::pre_stop(&self.pod))).await;
            let drained = running.shutdown().await;
            if drained.cut > 0 {
                tracing::warn!(
                    pod = self.pod.name_any(),
                    cut = drained.cut,
                    "connections were cut at the grace period's end"
                );
            }
        }
        if matches!(wish, Wish::Terminate(_))
            && let Err(error) = self.confirm().await
        {
            tracing::debug!(%error, pod = self.pod.name_any(), "confirming a deletion");
        }
    }

    async fn bind(&self) -> kube::Result<()> {
        if self.pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_some()) {
            return Ok(());
        }
        let (name, node) = (self.pod.name_any(), &self.shared.config.name);
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding", "metadata": {"name": name},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        });
        let _: Value =
            self.api.create_subresource("binding", &name, &PostParams::default(), &binding).await?;
        Ok(())
    }

    async fn patch(&self, patch: &Value) -> kube::Result<()> {
        self.api.patch(&self.pod.name_any(), &PatchParams::default(), &Patch::Merge(patch)).await?;
        Ok(())
    }

    async fn publish(&self) -> kube::Result<()> {
        let status = json!({"metadata": {"uid": self.pod.uid()}, "status": self.report.status()});
        self.api.patch_status(&self.pod.name_any(), &PatchParams::default(), &Patch::Merge(status)).await?;
        Ok(())
    }

    async fn confirm(&self) -> kube::Result<()> {
        let this_one = Preconditions { uid: self.pod.uid(), resource_version: None };
        let now = DeleteParams {
            grace_period_seconds: Some(0),
            preconditions: Some(this_one),
            ..DeleteParams::default()
        };
        self.api.delete(&self.pod.name_any(), &now).await?;
        Ok(())
    }
}

//! Which server a pod's containers become.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, Lifecycle, Pod, PodSpec};
use rating::{Config, Drain, FaultPlan, Flags, Service, Sidecar, SidecarConfig, Storage};

use super::servers::Servers;
use super::{Shared, environment};

/// How long running requests get at least: real work does not shrink with the pace.
const LEAST_DRAIN: Duration = Duration::from_secs(2);

/// Why a container does not start, as its `waiting` state says it.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) reason: &'static str,
    pub(super) message: String,
}

/// Starts the server of `pod`, and the proxy before it if a container is one.
pub(super) async fn start(shared: &Shared, pod: &Pod) -> Result<Servers, Failure> {
    let container = main(pod).ok_or(Failure {
        reason: "CreateContainerConfigError",
        message: "the pod has no container".to_owned(),
    })?;
    let failure = |message: String| Failure { reason: "RunContainerError", message };
    let environment = environment::of(shared, pod, container).await?;
    let mut config = config(shared, pod, container, &environment).map_err(failure)?;
    let (version, drain) = (config.version.clone(), config.drain);
    if has_sidecar(pod) {
        // It goes when nobody is before it any more.
        config.drain.notice = Duration::ZERO;
    }
    let service = Service::start(config).await.map_err(|error| failure(error.to_string()))?;
    let mut servers = Servers { service, sidecar: None };
    if has_sidecar(pod) {
        let config = SidecarConfig { drain, ..SidecarConfig::before(servers.service.addr(), version) };
        servers.sidecar = Some(Sidecar::start(config).await.map_err(|error| failure(error.to_string()))?);
    }
    Ok(servers)
}

/// Whether a container is the binary in its other mode: `args: [sidecar, ...]`.
fn has_sidecar(pod: &Pod) -> bool {
    let containers = spec(pod).map(|spec| spec.containers.as_slice()).unwrap_or_default();
    let mode = |container: &Container| container.args.as_ref()?.first().map(|first| first == "sidecar");
    containers.iter().any(|container| mode(container) == Some(true))
}

/// The version is the image's tag; what is wrong with it, the image's and the environment's word.
fn config(
    shared: &Shared,
    pod: &Pod,
    container: &Container,
    environment: &BTreeMap<String, String>,
) -> Result<Config, String> {
    let version = tag(container.image.as_deref().unwrap_or_default());
    let image = shared.config.images.get(version).copied().unwrap_or_default();
    let faults = image.with_env(|name| environment.get(name).cloned());
    let faults = faults.map_err(|error| error.to_string())?;
    let flags = Flags::default().with_env(environment.clone());
    let flags = flags.map_err(|error| error.to_string())?;
    let notice = environment.get("RATING_DRAIN_NOTICE").and_then(|text| rating::parse_duration(text).ok());
    Ok(Config {
        version: version.to_owned(),
        storage: Storage::Shared(shared.config.store.clone()),
        drain: drain(shared, pod, notice),
        flags,
        faults: FaultPlan { seed: faults.seed ^ seed(pod), ..faults },
        ..Config::default()
    })
}

/// What is left of the grace period after the pre-stop hook.
fn drain(shared: &Shared, pod: &Pod, notice: Option<Duration>) -> Drain {
    let pace = shared.config.pace;
    let notice = notice.unwrap_or(Drain::default().notice);
    let grace = spec(pod).and_then(|spec| spec.termination_grace_period_seconds).unwrap_or(30);
    let grace = Duration::from_secs(u64::try_from(grace).unwrap_or_default());
    let left = grace.saturating_sub(pre_stop(pod)).saturating_sub(notice);
    Drain { notice: pace.real(notice), deadline: pace.real(left).max(LEAST_DRAIN) }
}

/// The container that serves: the first with a port, else the first.
pub(super) fn main(pod: &Pod) -> Option<&Container> {
    let containers = &spec(pod)?.containers;
    let serves = |container: &&Container| container.ports.as_ref().is_some_and(|ports| !ports.is_empty());
    containers.iter().find(serves).or(containers.first())
}

/// How long the pre-stop hook sleeps: `sleep: {seconds: 5}`, or an `exec` whose last word ends in the seconds.
pub(super) fn pre_stop(pod: &Pod) -> Duration {
    let hook = |lifecycle: &Lifecycle| {
        let handler = lifecycle.pre_stop.as_ref()?;
        let asleep = handler.sleep.as_ref().map(|sleep| sleep.seconds);
        let command = || handler.exec.as_ref()?.command.as_ref()?.last()?.rsplit(' ').next()?.parse().ok();
        asleep.or_else(command)
    };
    let seconds = main(pod).and_then(|container| container.lifecycle.as_ref()).and_then(hook).unwrap_or(0);
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

/// The tag of an image: `registry:5000/rating-api:1.4.0@sha256:...` is `1.4.0`.
pub fn tag(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    name.split_once(':').map_or("latest", |(_, tag)| tag)
}

/// Pods of one version must not fail the same requests in step.
fn seed(pod: &Pod) -> u64 {
    let uid = pod.metadata.uid.as_deref().unwrap_or_default();
    uid.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn spec(pod: &Pod) -> Option<&PodSpec> {
    pod.spec.as_ref()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_version_is_the_tag_of_the_image() {
        for (image, version) in [
            ("rating-api:1.4.0", "1.4.0"),
            ("registry:5000/team/rating-api:1.4.0@sha256:abc", "1.4.0"),
            ("registry:5000/rating-api", "latest"),
            ("rating-api@sha256:abc", "latest"),
        ] {
            assert_eq!(tag(image), version, "{image}");
        }
    }

    #[test]
    fn a_pre_stop_hook_sleeps_as_long_as_it_says() {
        for (hook, seconds) in [
            (json!({"sleep": {"seconds": 5}}), 5),
            (json!({"exec": {"command": ["sleep", "7"]}}), 7),
            (json!({"exec": {"command": ["/bin/sh", "-c", "sleep 9"]}}), 9),
            (json!({"exec": {"command": ["/bin/drain"]}}), 0),
        ] {
            let pod = json!({"metadata": {}, "spec": {"containers": [{"name": "a", "lifecycle": {"preStop": hook}}]}});
            let pod: Pod = serde_json::from_value(pod).unwrap();
            assert_eq!(pre_stop(&pod), Duration::from_secs(seconds));
        }
    }
}

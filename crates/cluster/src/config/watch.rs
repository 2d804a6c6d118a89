//! The ConfigMap as it changes.

use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client};

use super::{Config, NAME};

/// Tells `changed` what the ConfigMap of `namespace` says whenever that changes. What cannot be used is a warning that
/// names the key, and what was said before stays in force.
pub(crate) async fn follow(client: Client, namespace: String, mut known: Config, changed: impl Fn(&Config)) {
    let api: Api<ConfigMap> = Api::namespaced(client, &namespace);
    let one = watcher::Config::default().fields(&format!("metadata.name={NAME}"));
    let mut events = watcher(api, one).default_backoff().boxed();
    // A list that ends without the ConfigMap says that there is none.
    let mut listed = false;
    while let Some(event) = events.next().await {
        let map = match event {
            Ok(watcher::Event::Apply(map)) => Some(map),
            Ok(watcher::Event::InitApply(map)) => {
                listed = true;
                Some(map)
            }
            Ok(watcher::Event::Delete(_)) => None,
            Ok(watcher::Event::InitDone) if !std::mem::take(&mut listed) => None,
            Ok(watcher::Event::Init | watcher::Event::InitDone) => continue,
            Err(error) => {
                tracing::debug!(%namespace, name = NAME, %error, "cannot watch the ConfigMap; trying again");
                continue;
            }
        };
        match Config::of(map.as_ref(), &namespace) {
            Ok(config) if config == known => {}
            Ok(config) => {
                tracing::info!(%namespace, name = NAME, "the configuration changed");
                config.say_what_is_unserved();
                changed(&config);
                known = config;
            }
            Err(error) => tracing::warn!("{error}; what it said before stays in force until it is mended"),
        }
    }
}

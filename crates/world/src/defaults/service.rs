//! Services.

use serde_json::{Value, json};

use crate::meta::{self, default};
use crate::store::mix;

/// Ports, type and an address.
pub(crate) fn service(object: &mut Value) {
    default(object, &["spec", "type"], "ClusterIP");
    default(object, &["spec", "sessionAffinity"], "None");
    default(object, &["status", "loadBalancer"], json!({}));
    let seed = format!("{}/{}", meta::namespace(object), meta::name(object));
    let Some(spec) = object.get_mut("spec") else { return };
    for port in ports(spec) {
        default(port, &["protocol"], "TCP");
        let target = port["port"].clone();
        default(port, &["targetPort"], target);
    }
    if spec["type"] == "ExternalName" {
        return;
    }
    if matches!(spec["type"].as_str(), Some("NodePort" | "LoadBalancer")) {
        for (index, port) in ports(spec).enumerate() {
            default(port, &["nodePort"], 30000 + (hash(&seed) + index as u64) % 2768);
        }
        default(spec, &["externalTrafficPolicy"], "Cluster");
        if spec["type"] == "LoadBalancer" {
            default(spec, &["allocateLoadBalancerNodePorts"], true);
        }
    }
    default(spec, &["internalTrafficPolicy"], "Cluster");
    default(spec, &["ipFamilies"], json!(["IPv4"]));
    default(spec, &["ipFamilyPolicy"], "SingleStack");
    default(spec, &["clusterIP"], address(&seed));
    let address = spec["clusterIP"].clone();
    default(spec, &["clusterIPs"], json!([address]));
}

/// An address of 10.96.0.0/12 that follows from the name: the same service always gets the same one.
fn address(seed: &str) -> String {
    let bits = hash(seed);
    format!("10.{}.{}.{}", 96 + bits % 16, bits >> 8 & 255, 1 + (bits >> 16) % 254)
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)))
}

fn ports(spec: &mut Value) -> impl Iterator<Item = &mut Value> {
    spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten()
}

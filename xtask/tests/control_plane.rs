//! The harness itself, against the real programs.
#![cfg(feature = "control-plane")]

use xtask::control_plane::{ControlPlane, Level};

const REPLICA_SET: &str = r#"{
  "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "canary", "namespace": "default"},
  "spec": {
    "replicas": 2,
    "selector": {"matchLabels": {"app": "canary"}},
    "template": {
      "metadata": {"labels": {"app": "canary"}},
      "spec": {"containers": [{"name": "main", "image": "example.com/canary:1"}]}
    }
  }
}"#;

#[test]
fn a_replica_set_becomes_ready_on_the_real_control_plane_and_its_pods_go_with_it() {
    let name = "a_replica_set_becomes_ready_on_the_real_control_plane_and_its_pods_go_with_it";
    let Some(plane) = ControlPlane::for_test(name, Level::Pods, &[]) else { return };
    let file = plane.kubeconfig().with_file_name("replica-set.json");
    std::fs::write(&file, REPLICA_SET).unwrap();
    plane.kubectl(&["apply", "-f", &file.display().to_string()]).unwrap();
    let ready = ["wait", "replicaset/canary", "--for=jsonpath={.status.readyReplicas}=2", "--timeout=60s"];
    plane.kubectl(&ready).unwrap();
    run_jobs(&plane).unwrap();
    plane.kubectl(&["delete", "replicaset/canary"]).unwrap();
    plane.kubectl(&["wait", "pod", "--selector=app=canary", "--for=delete", "--timeout=60s"]).unwrap();
}

/// One Job whose pod succeeds and one whose pod is told to fail.
fn run_jobs(plane: &ControlPlane) -> Result<(), Box<dyn std::error::Error>> {
    for (name, exit, condition) in [("good", "success", "complete"), ("bad", "failure", "failed")] {
        let job = serde_json::json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": "default"},
            "spec": {"backoffLimit": 0, "template": {
                "metadata": {"annotations": {"aviary.test/exit": exit}},
                "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "example.com/job:1"}]},
            }},
        });
        let file = plane.kubeconfig().with_file_name(format!("{name}.json"));
        std::fs::write(&file, job.to_string())?;
        plane.kubectl(&["apply", "-f", &file.display().to_string()])?;
        let condition = format!("--for=condition={condition}");
        plane.kubectl(&["wait", &format!("job/{name}"), &condition, "--timeout=60s"])?;
    }
    Ok(())
}

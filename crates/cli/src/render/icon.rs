//! One character for a status (spec cli-get-tree 2).

/// Of a Rollout.
pub(crate) fn rollout(phase: &str) -> &'static str {
    match phase {
        "Healthy" => "✔",
        "Degraded" => "✖",
        "Progressing" => "◌",
        "Paused" => "॥",
        "Error" | "InvalidSpec" => "⚠",
        "Unknown" => "?",
        "ScaledDown" => "•",
        _ => " ",
    }
}

/// Of a ReplicaSet.
pub(crate) fn replica_set(status: &str) -> &'static str {
    match status {
        "Healthy" => "✔",
        "ReplicaFailure" => "✖",
        "Progressing" => "◌",
        "ScaledDown" => "•",
        _ => " ",
    }
}

/// Of a Pod.
pub(crate) fn pod(status: &str) -> &'static str {
    if status.starts_with("Init:") {
        return "◌";
    }
    if status.starts_with("Signal:") || status.starts_with("ExitCode:") {
        return "✖";
    }
    if status.ends_with("Error") || status.starts_with("Err") {
        return "⚠";
    }
    match status {
        "Running" | "Completed" | "Succeeded" => "✔",
        "Failed" | "InvalidImageName" | "CrashLoopBackOff" => "✖",
        "Pending" | "Terminating" | "ContainerCreating" => "◌",
        "ImagePullBackOff" | "RegistryUnavailable" => "⚠",
        "Unknown" => "?",
        _ => " ",
    }
}

/// Of an AnalysisRun, an Experiment or a Job.
pub(crate) fn analysis(phase: &str) -> &'static str {
    match phase {
        "Successful" => "✔",
        "Failed" => "✖",
        "Running" => "◌",
        "Pending" => "◷",
        "Error" => "⚠",
        "Inconclusive" => "?",
        _ => " ",
    }
}

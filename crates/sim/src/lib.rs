//! Discrete-event simulator: the rollout state machine on an in-memory Kubernetes.

//! The Kubernetes adapter: watch, observe, apply, lease, events.

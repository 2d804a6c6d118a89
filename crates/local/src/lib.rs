//! A region on one machine: API server, node, gateway, metrics with a Prometheus query endpoint.

pub mod promql;

//! The API server with real clients: kube-rs, kubectl, and a list that the real server answers too.

mod bounds;
mod client;
mod conformance;
mod controllers;
mod data_dir;
mod kube_rs;
mod kubectl;
mod protobuf;
mod speed;

//! The API server with real clients: kube-rs, kubectl, and a list that the real server answers too.

mod client;
mod conformance;
mod controllers;
mod kube_rs;
mod kubectl;

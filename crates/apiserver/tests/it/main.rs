//! The API server with real clients: kube-rs, kubectl, and a list that the real server answers too.

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod client;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod controllers;
#[cfg(test)]
mod data_dir;
#[cfg(test)]
mod definitions;
#[cfg(test)]
mod kube_rs;
#[cfg(test)]
mod kubectl;
#[cfg(test)]
mod protobuf;
#[cfg(test)]
mod speed;

//! The in-memory Kubernetes, seen from outside.

mod controllers;
mod harness;

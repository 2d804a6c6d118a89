//! The aviary command, also kubectl-argo-rollouts when called by that name.

fn main() {}

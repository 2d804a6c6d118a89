//! The multi-region verifier: checks, beacons, and a pure verdict.

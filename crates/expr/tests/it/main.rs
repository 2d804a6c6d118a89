//! One binary for all integration tests.

mod bounds;
mod recorded;
mod vectors;

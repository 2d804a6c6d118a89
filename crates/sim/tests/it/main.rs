//! The simulator, seen from outside.

mod invariants;
mod scenarios;
mod tutorial;
mod watchman;

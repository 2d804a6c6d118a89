//! The simulator, seen from outside.

mod scenarios;
mod tutorial;

//! The custom resources against recorded data.

mod definitions;
mod examples;
mod round_trip;
mod shared;
mod yaml;

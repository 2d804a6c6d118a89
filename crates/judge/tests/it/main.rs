//! One binary for all integration tests.
#![allow(clippy::float_cmp)] // what is read and what is counted is exact

#[cfg(test)]
mod burn_rates;
mod configuration;
#[cfg(test)]
mod detecting;
#[cfg(test)]
mod judging;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod planning;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod regions;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod saving;
#[cfg(test)]
mod support;

//! A region end to end: real requests, real measurements, no cluster.

#[cfg(test)]
mod gateway;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod openclaw;
#[cfg(test)]
mod pods;
#[cfg(test)]
mod support;

//! One binary for all integration tests.

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod vectors;

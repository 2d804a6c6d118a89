//! The rating service over real sockets.

#[cfg(test)]
mod drains;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod ratings;
#[cfg(test)]
mod sidecar;
#[cfg(test)]
mod stores;
#[cfg(test)]
mod support;

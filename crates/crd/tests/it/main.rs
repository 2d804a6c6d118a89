//! The custom resources against recorded data.

#[cfg(test)]
mod definitions;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod shared;
#[cfg(test)]
mod yaml;

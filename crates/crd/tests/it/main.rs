//! The custom resources against recorded data.

#[cfg(test)]
mod definitions;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
#[cfg(test)]
mod yaml;

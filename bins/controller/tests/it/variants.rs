//! The worked example's variants, each on a local region.

mod blue_green;
mod datadog;
mod flag;
mod header;
mod other_region;

//! Tests of the rules: against the tutorial's files, our own copies of its defects, and what the public tool says.

#[cfg(test)]
mod harness;
#[cfg(test)]
mod public_tool;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod tutorial;

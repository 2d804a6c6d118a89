//! Journals of whole releases.

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod release;
#[cfg(test)]
mod replay;

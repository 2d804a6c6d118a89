//! Which build this is.

use std::fmt;

/// Which build this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    /// Version of the packages.
    pub version: &'static str,
    /// Commit that was built, where the build was told by `$AVIARY_COMMIT`.
    pub commit: Option<&'static str>,
}

impl Build {
    /// This one.
    pub const CURRENT: Self =
        Self { version: env!("CARGO_PKG_VERSION"), commit: option_env!("AVIARY_COMMIT") };
}

/// `v0.1.0+abc1234`
impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.version)?;
        match self.commit {
            Some(commit) => write!(f, "+{}", commit.get(..7).unwrap_or(commit)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_named_by_its_version_and_the_begin_of_its_commit() {
        let build = |commit| Build { version: "1.2.3", commit }.to_string();
        assert_eq!(build(None), "v1.2.3");
        assert_eq!(build(Some("abc")), "v1.2.3+abc");
        assert_eq!(build(Some("0123456789")), "v1.2.3+0123456");
    }
}

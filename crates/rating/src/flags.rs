//! Feature flags, with the semantics of OpenFeature: an evaluation always has a value, and says where it comes from.
//!
//! Flags come from a file (a subset of flagd's format) and from the environment, which wins. A flag with a `split` is an
//! experiment: who gets which variant follows from the flag's name and the user, so it is the same on every instance, in
//! every region and tomorrow.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Beginning of the environment variables that set a flag: `RATING_FLAG_ROUNDED_MEAN=true` sets `rounded-mean`.
const PREFIX: &str = "RATING_FLAG_";

/// Flags by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flags(BTreeMap<String, Flag>);

/// A flag, as its file says it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Flag {
    #[serde(default)]
    state: State,
    variants: BTreeMap<String, Value>,
    default_variant: String,
    /// Variants with their parts of all users.
    #[serde(default)]
    split: Vec<(String, u32)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum State {
    #[default]
    Enabled,
    Disabled,
}

/// Where a value comes from (OpenFeature specification, types 1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The flag has one value for everybody.
    Static,
    /// The user was assigned to a variant.
    Split,
    /// The flag is switched off: the caller's default counts.
    Disabled,
    /// There is nobody to assign: the flag's default counts.
    Default,
    /// The flag could not be evaluated: the caller's default counts.
    Error(ErrorCode),
}

/// Why a flag could not be evaluated (OpenFeature specification, types 1.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// There is no such flag.
    FlagNotFound,
    /// Its value is of another type than the caller's default.
    TypeMismatch,
}

/// What a flag says to one user.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation<T> {
    /// The value; always there.
    pub value: T,
    /// The variant, if the flag has been evaluated.
    pub variant: Option<String>,
    /// Where the value comes from.
    pub reason: Reason,
}

/// Why flags cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFlags {
    /// Not of the form that is expected.
    #[error(
        "the flags are not of the form {{\"flags\": {{NAME: {{\"variants\": .., \"defaultVariant\": ..}}}}}}: {0}"
    )]
    Form(String),
    /// A variant is named that the flag does not have.
    #[error("the flag {flag:?} has no variant {variant:?}, which its {field} names")]
    Variant {
        /// The flag.
        flag: String,
        /// The variant.
        variant: String,
        /// `defaultVariant` or `split`.
        field: &'static str,
    },
    /// Nobody can be assigned.
    #[error("the parts of the flag {0:?} in its split add up to nothing")]
    EmptySplit(String),
}

impl Flags {
    /// Reads the text of a flag file.
    ///
    /// ```
    /// let flags = aviary_rating::Flags::parse(r#"{"flags": {"rounded-mean": {
    ///     "variants": {"exact": false, "rounded": true}, "defaultVariant": "exact",
    ///     "split": [["exact", 50], ["rounded", 50]]
    /// }}}"#)?;
    /// let one = flags.boolean("rounded-mean", false, Some("user-7"));
    /// assert_eq!(one, flags.boolean("rounded-mean", false, Some("user-7")));
    /// # Ok::<(), aviary_rating::InvalidFlags>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, InvalidFlags> {
        #[derive(Deserialize)]
        struct File {
            flags: BTreeMap<String, Flag>,
        }
        let file: File = serde_json::from_str(text).map_err(|error| InvalidFlags::Form(error.to_string()))?;
        for (name, flag) in &file.flags {
            flag.check(name)?;
        }
        Ok(Self(file.flags))
    }

    /// The same with what the environment sets. Values are JSON: a whole flag, as its file would say it (an object with
    /// `variants`), or the value that the flag has for everybody. What is no JSON is a text.
    pub fn with_env(
        mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, InvalidFlags> {
        for (name, text) in variables {
            let Some(name) = name.strip_prefix(PREFIX) else { continue };
            let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
            let name = name.to_lowercase().replace('_', "-");
            if value.get("variants").is_some() {
                let flag: Flag = serde_json::from_value(value)
                    .map_err(|error| InvalidFlags::Form(format!("{name} in the environment: {error}")))?;
                flag.check(&name)?;
                self.0.insert(name, flag);
                continue;
            }
            let variant = "environment".to_owned();
            let flag = Flag {
                state: State::Enabled,
                variants: BTreeMap::from([(variant.clone(), value)]),
                default_variant: variant,
                split: Vec::new(),
            };
            self.0.insert(name, flag);
        }
        Ok(self)
    }

    /// What a flag says to a user; `default` when it says nothing.
    pub fn boolean(&self, name: &str, default: bool, user: Option<&str>) -> Evaluation<bool> {
        let failed = |reason| Evaluation { value: default, variant: None, reason };
        let Some(flag) = self.0.get(name) else { return failed(Reason::Error(ErrorCode::FlagNotFound)) };
        if flag.state == State::Disabled {
            return failed(Reason::Disabled);
        }
        let (variant, reason) = flag.assign(name, user);
        match flag.variants.get(variant).and_then(Value::as_bool) {
            Some(value) => Evaluation { value, variant: Some(variant.to_owned()), reason },
            None => failed(Reason::Error(ErrorCode::TypeMismatch)),
        }
    }
}

impl Flag {
    fn check(&self, name: &str) -> Result<(), InvalidFlags> {
        let unknown = |variant: &str, field| InvalidFlags::Variant {
            flag: name.to_owned(),
            variant: variant.to_owned(),
            field,
        };
        if !self.variants.contains_key(&self.default_variant) {
            return Err(unknown(&self.default_variant, "defaultVariant"));
        }
        if let Some((variant, _)) =
            self.split.iter().find(|(variant, _)| !self.variants.contains_key(variant))
        {
            return Err(unknown(variant, "split"));
        }
        if !self.split.is_empty() && self.split.iter().all(|(_, part)| *part == 0) {
            return Err(InvalidFlags::EmptySplit(name.to_owned()));
        }
        Ok(())
    }

    fn assign(&self, name: &str, user: Option<&str>) -> (&str, Reason) {
        if self.split.is_empty() {
            return (&self.default_variant, Reason::Static);
        }
        let Some(user) = user.filter(|user| !user.is_empty()) else {
            return (&self.default_variant, Reason::Default);
        };
        let total: u64 = self.split.iter().map(|(_, part)| u64::from(*part)).sum();
        let mut left = hash(name, user) % total.max(1);
        for (variant, part) in &self.split {
            let part = u64::from(*part);
            if left < part {
                return (variant, Reason::Split);
            }
            left -= part;
        }
        (&self.default_variant, Reason::Default)
    }
}

/// FNV-1a over both names, then SplitMix64's finalizer, because FNV's low bits alone are not even.
fn hash(flag: &str, user: &str) -> u64 {
    let bytes = flag.bytes().chain([0]).chain(user.bytes());
    let fnv = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let z = (fnv ^ (fnv >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experiment(split: &str) -> Flags {
        let text = r#"{"flags": {"rounded-mean": {"variants": {"exact": false, "rounded": true},
                       "defaultVariant": "exact", "split": SPLIT}}}"#;
        Flags::parse(&text.replace("SPLIT", split)).unwrap()
    }

    #[test]
    fn users_are_spread_as_the_split_says_and_stay_where_they_are() {
        let flags = experiment(r#"[["exact", 70], ["rounded", 30]]"#);
        let rounded = |flags: &Flags| -> Vec<bool> {
            (0..10_000)
                .map(|user| flags.boolean("rounded-mean", false, Some(&format!("user-{user}"))).value)
                .collect()
        };
        let first = rounded(&flags);
        let share = first.iter().filter(|rounded| **rounded).count();
        assert!((2_850..3_150).contains(&share), "{share} of 10,000");
        assert_eq!(first, rounded(&flags));
        // A larger part takes nobody away from those who have the variant.
        let larger = rounded(&experiment(r#"[["exact", 40], ["rounded", 60]]"#));
        let lost = first.iter().zip(&larger).filter(|(before, after)| **before && !**after).count();
        assert_eq!(lost, 0);
    }

    #[test]
    fn an_evaluation_always_has_a_value_and_says_why() {
        let flags = experiment(r#"[["rounded", 1]]"#);
        let said = |name: &str, user| {
            let evaluation = flags.boolean(name, false, user);
            (evaluation.value, evaluation.variant, evaluation.reason)
        };
        assert_eq!(said("rounded-mean", Some("a")), (true, Some("rounded".to_owned()), Reason::Split));
        assert_eq!(said("rounded-mean", None), (false, Some("exact".to_owned()), Reason::Default));
        assert_eq!(said("nothing", None), (false, None, Reason::Error(ErrorCode::FlagNotFound)));
        let text = r#"{"flags": {"f": {"variants": {"a": "text"}, "defaultVariant": "a"},
                                 "g": {"state": "DISABLED", "variants": {"a": true}, "defaultVariant": "a"}}}"#;
        let flags = Flags::parse(text).unwrap();
        assert_eq!(flags.boolean("f", true, None).reason, Reason::Error(ErrorCode::TypeMismatch));
        assert_eq!(flags.boolean("g", false, None).reason, Reason::Disabled);
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let variables =
            [("RATING_FLAG_ROUNDED_MEAN".to_owned(), "true".to_owned()), ("HOME".to_owned(), "/".to_owned())];
        let flags = experiment(r#"[["exact", 1]]"#).with_env(variables).unwrap();
        let said = flags.boolean("rounded-mean", false, Some("a"));
        assert_eq!((said.value, said.reason), (true, Reason::Static));
    }

    #[test]
    fn flags_that_cannot_be_are_refused_by_name() {
        for (text, said) in [
            ("{}", "missing field `flags`"),
            (
                r#"{"flags": {"f": {"variants": {"a": true}, "defaultVariant": "b"}}}"#,
                "the flag \"f\" has no variant \"b\", which its defaultVariant names",
            ),
            (
                r#"{"flags": {"f": {"variants": {"a": true}, "defaultVariant": "a", "split": [["c", 1]]}}}"#,
                "which its split names",
            ),
            (
                r#"{"flags": {"f": {"variants": {"a": true}, "defaultVariant": "a", "split": [["a", 0]]}}}"#,
                "add up to nothing",
            ),
        ] {
            let error = Flags::parse(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn the_environment_may_hold_a_whole_flag() {
        let name = "RATING_FLAG_ROUNDED_MEAN".to_owned();
        let flag =
            r#"{"variants": {"off": false, "on": true}, "defaultVariant": "off", "split": [["on", 1]]}"#;
        let flags = Flags::default().with_env([(name.clone(), flag.to_owned())]).unwrap();
        let one = flags.boolean("rounded-mean", false, Some("user-7"));
        assert_eq!((one.value, one.reason), (true, Reason::Split));
        let broken = flag.replace("\"off\": false, ", "");
        let refused = Flags::default().with_env([(name, broken)]).unwrap_err().to_string();
        assert!(refused.contains("\"rounded-mean\" has no variant \"off\""), "{refused}");
    }
}

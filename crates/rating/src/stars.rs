//! Stars, and how many of each were given.

use serde::{Serialize, Serializer, ser::SerializeMap};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// One to five stars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stars(u8);

/// A number of stars outside 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stars is {0}, and must be a whole number from 1 to 5")]
pub struct InvalidStars(i64);

impl Stars {
    /// Every number of stars, ascending.
    pub const ALL: [Self; 5] = [Self(1), Self(2), Self(3), Self(4), Self(5)];

    /// Checks `stars`.
    pub fn new(stars: i64) -> Result<Self, InvalidStars> {
        match u8::try_from(stars) {
            Ok(stars @ 1..=5) => Ok(Self(stars)),
            _ => Err(InvalidStars(stars)),
        }
    }

    /// 1 to 5.
    pub fn get(self) -> u8 {
        self.0
    }
}

/// How often each number of stars was given. Written as `{"1": 0, "2": 3, ...}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Distribution([u64; 5]);

impl Distribution {
    /// From the counts of one star to five stars.
    pub fn new(counts: [u64; 5]) -> Self {
        Self(counts)
    }

    /// Counts one more.
    pub fn add(&mut self, stars: Stars) {
        if let Some(count) = self.0.get_mut(usize::from(stars.0) - 1) {
            *count += 1;
        }
    }

    /// Each number of stars with its count, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (Stars, u64)> + '_ {
        Stars::ALL.into_iter().zip(self.0)
    }

    /// How many ratings there are.
    pub fn count(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Their mean; `None` without any, because an item that nobody rated is not a bad one.
    pub fn mean(&self) -> Option<f64> {
        let sum: u64 = self.iter().map(|(stars, count)| u64::from(stars.0) * count).sum();
        (self.count() > 0).then(|| sum as f64 / self.count() as f64)
    }
}

impl PartialSchema for Distribution {
    fn schema() -> RefOr<Schema> {
        let count = || Object::builder().schema_type(Type::Integer).minimum(Some(0)).build();
        let object = Object::builder().description(Some("How often each number of stars was given"));
        let stars = Stars::ALL.map(|stars| stars.get().to_string());
        let with =
            |object: ObjectBuilder, name: String| object.property(name.clone(), count()).required(name);
        stars.into_iter().fold(object, with).into()
    }
}

impl ToSchema for Distribution {}

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (stars, count) in self.iter() {
            map.serialize_entry(&stars.0, &count)?;
        }
        map.end()
    }
}

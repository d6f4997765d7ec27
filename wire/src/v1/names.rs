//! Sets of names from a program that may be newer: a name that is not known is left out.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};

/// Reads the names that this program knows.
pub(super) fn known<'de, D, T, C>(deserializer: D) -> Result<C, D::Error>
where
    D: Deserializer<'de>,
    C: FromIterator<T>,
    T: FromStr,
{
    let names = Vec::<String>::deserialize(deserializer)?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

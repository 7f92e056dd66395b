//! The operator's settings of a plugin.

use core::str::FromStr;

use crate::types::Attribute;

/// Settings by key; of two with one key the last counts.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a>(&'a [Attribute]);

impl<'a> Settings<'a> {
    /// As the contract gives them.
    pub const fn new(attributes: &'a [Attribute]) -> Self {
        Self(attributes)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().rfind(|attribute| attribute.key == key).map(|attribute| attribute.value.as_str())
    }

    /// A number or another value that can be read from text; `default` where the key is missing or its value cannot be read.
    pub fn parsed<T: FromStr>(&self, key: &str, default: T) -> T {
        self.get(key).and_then(|value| value.trim().parse().ok()).unwrap_or(default)
    }

    /// All settings, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().map(|attribute| (attribute.key.as_str(), attribute.value.as_str()))
    }
}

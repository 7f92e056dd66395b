//! What the checks of this crate's configurations say.

use std::ops::RangeInclusive;

/// A key of a configuration has a value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {value} cannot be used: expected {expected}")]
pub struct InvalidKey {
    /// The key as in the file, from the section on that holds the configuration.
    pub key: &'static str,
    /// Its value, as text.
    pub value: String,
    /// What would be right.
    pub expected: &'static str,
}

impl InvalidKey {
    /// Refuses the value unless it is right.
    pub(crate) fn unless(
        right: bool,
        key: &'static str,
        value: &impl ToString,
        expected: &'static str,
    ) -> Result<(), Self> {
        if right {
            return Ok(());
        }
        Err(Self { key, value: value.to_string(), expected })
    }

    /// Refuses a value outside `range`, and what is not a number.
    pub(crate) fn outside<T: PartialOrd + ToString>(
        range: &RangeInclusive<T>,
        key: &'static str,
        value: &T,
        expected: &'static str,
    ) -> Result<(), Self> {
        Self::unless(range.contains(value), key, value, expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_key_the_value_and_what_would_be_right() {
        let error = InvalidKey::outside(&(0.0..=1.0), "iou_max", &f32::NAN, "0 to 1").unwrap_err();
        assert_eq!(error.to_string(), "iou_max: NaN cannot be used: expected 0 to 1");
        assert_eq!(InvalidKey::outside(&(1..=5), "lines_max", &5, "1 to 5"), Ok(()));
        assert!(InvalidKey::outside(&(1..=5), "lines_max", &6, "1 to 5").is_err());
    }
}

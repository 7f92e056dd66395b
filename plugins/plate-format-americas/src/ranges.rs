//! Regions that are told by ranges of the first three letters.

/// Region of the range in which the first three letters of `text` lie. `ranges` holds the first and the
/// last letters of each and its region, sorted and without overlap.
pub(crate) fn region(ranges: &[(&str, &str, &'static str)], text: &str) -> Option<&'static str> {
    let letters = text.get(..3)?;
    let after = ranges.partition_point(|&(first, _, _)| first <= letters);
    let &(_, last, region) = ranges.get(after.checked_sub(1)?)?;
    (letters <= last).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGES: &[(&str, &str, &str)] =
        &[("AAA", "BEZ", "first"), ("BFA", "BFA", "second"), ("XAA", "XZZ", "third")];

    #[test]
    fn a_range_includes_both_ends() {
        assert_eq!(region(RANGES, "AAA0001"), Some("first"));
        assert_eq!(region(RANGES, "BEZ9999"), Some("first"));
        assert_eq!(region(RANGES, "BFA1234"), Some("second"));
    }

    #[test]
    fn between_and_behind_the_ranges_there_is_no_region() {
        assert_eq!(region(RANGES, "BFB1234"), None);
        assert_eq!(region(RANGES, "YAA1234"), None);
        assert_eq!(region(RANGES, "XA"), None);
    }
}

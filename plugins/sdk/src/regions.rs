//! ISO 3166-2 codes whose regions issue plates of their own, as hints name them.

/// Code and name, sorted by code.
const REGIONS: &[(&str, &str)] = &[
    ("AU-ACT", "Australian Capital Territory"),
    ("AU-NSW", "New South Wales"),
    ("AU-NT", "Northern Territory"),
    ("AU-QLD", "Queensland"),
    ("AU-SA", "South Australia"),
    ("AU-TAS", "Tasmania"),
    ("AU-VIC", "Victoria"),
    ("AU-WA", "Western Australia"),
    ("CA-AB", "Alberta"),
    ("CA-BC", "British Columbia"),
    ("CA-MB", "Manitoba"),
    ("CA-NB", "New Brunswick"),
    ("CA-NL", "Newfoundland and Labrador"),
    ("CA-NS", "Nova Scotia"),
    ("CA-NT", "Northwest Territories"),
    ("CA-NU", "Nunavut"),
    ("CA-ON", "Ontario"),
    ("CA-PE", "Prince Edward Island"),
    ("CA-QC", "Quebec"),
    ("CA-SK", "Saskatchewan"),
    ("CA-YT", "Yukon"),
    ("US-AK", "Alaska"),
    ("US-AL", "Alabama"),
    ("US-AR", "Arkansas"),
    ("US-AZ", "Arizona"),
    ("US-CA", "California"),
    ("US-CO", "Colorado"),
    ("US-CT", "Connecticut"),
    ("US-DC", "District of Columbia"),
    ("US-DE", "Delaware"),
    ("US-FL", "Florida"),
    ("US-GA", "Georgia"),
    ("US-HI", "Hawaii"),
    ("US-IA", "Iowa"),
    ("US-ID", "Idaho"),
    ("US-IL", "Illinois"),
    ("US-IN", "Indiana"),
    ("US-KS", "Kansas"),
    ("US-KY", "Kentucky"),
    ("US-LA", "Louisiana"),
    ("US-MA", "Massachusetts"),
    ("US-MD", "Maryland"),
    ("US-ME", "Maine"),
    ("US-MI", "Michigan"),
    ("US-MN", "Minnesota"),
    ("US-MO", "Missouri"),
    ("US-MS", "Mississippi"),
    ("US-MT", "Montana"),
    ("US-NC", "North Carolina"),
    ("US-ND", "North Dakota"),
    ("US-NE", "Nebraska"),
    ("US-NH", "New Hampshire"),
    ("US-NJ", "New Jersey"),
    ("US-NM", "New Mexico"),
    ("US-NV", "Nevada"),
    ("US-NY", "New York"),
    ("US-OH", "Ohio"),
    ("US-OK", "Oklahoma"),
    ("US-OR", "Oregon"),
    ("US-PA", "Pennsylvania"),
    ("US-RI", "Rhode Island"),
    ("US-SC", "South Carolina"),
    ("US-SD", "South Dakota"),
    ("US-TN", "Tennessee"),
    ("US-TX", "Texas"),
    ("US-UT", "Utah"),
    ("US-VA", "Virginia"),
    ("US-VT", "Vermont"),
    ("US-WA", "Washington"),
    ("US-WI", "Wisconsin"),
    ("US-WV", "West Virginia"),
    ("US-WY", "Wyoming"),
];

/// Name of a region, in English: what [`crate::Format::region`] must say for a hint to find the format.
pub(crate) fn name(code: &str) -> Option<&'static str> {
    let index = REGIONS.binary_search_by(|(known, _)| (*known).cmp(code)).ok()?;
    REGIONS.get(index).map(|&(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_found_in() {
        assert!(REGIONS.is_sorted());
        assert_eq!(name("US-CA"), Some("California"));
        assert_eq!(name("US-XX"), None);
    }
}

//! What a country pack is made of: tables.

/// A country with its formats.
///
/// ```
/// use ovr_plugin_sdk::{Codes, Country, Format, Series};
///
/// /// Source: the gazette that publishes the formats.
/// static COUNTRY: Country = Country {
///     code: "DE",
///     share: 0.13,
///     sets: &[],
///     codes: &[Codes { name: "district", list: &[("B", "Berlin"), ("HH", "Hamburg"), ("M", "München")] }],
///     formats: &[
///         Format::new("de-standard", "{district} @@? [1-9]#?#?#?", 0.92).chars_max(8),
///         Format::new("de-diplomatic", "0 ## #?#?#?", 0.001).series(Series::Diplomatic),
///     ],
/// };
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: &'static str,
    /// Share of this country's vehicles among all that a site with no hint sees, above 0 and at most 1; over all packs about 1.
    pub share: f32,
    /// Named sets of characters, used as `<name>` in patterns: `("letter", "BCDFGHJKLMNPRSTVWXYZ")`.
    pub sets: &'static [(&'static str, &'static str)],
    /// Named lists of codes, used as `{name}` in patterns.
    pub codes: &'static [Codes],
    /// The formats in use.
    pub formats: &'static [Format],
}

/// Codes that stand for a region each.
#[derive(Debug, Clone, Copy)]
pub struct Codes {
    /// As patterns name it.
    pub name: &'static str,
    /// Code and name of the region, sorted by code (a test of the SDK checks it); an empty name means that the code is
    /// valid and tells no region.
    pub list: &'static [(&'static str, &'static str)],
}

/// What kind of registration a format is for; the same as in the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Series {
    /// The usual one.
    Standard,
    /// Chosen by the keeper.
    Vanity,
    /// Embassies, consulates and international organisations.
    Diplomatic,
    /// Armed forces.
    Military,
    /// Police, fire brigade, ministries and other authorities.
    Official,
    /// Taxis and other public hire.
    Taxi,
    /// Export, transit, short-term.
    Temporary,
    /// Dealers' and trade plates.
    Dealer,
    /// Vehicles of age.
    Historic,
    /// Electric vehicles.
    Electric,
    /// Motorcycles and mopeds.
    Motorcycle,
    /// Trailers.
    Trailer,
    /// Agricultural and construction machines.
    Agricultural,
    /// Anything else.
    Other,
}

/// One format.
///
/// # Pattern language
/// | in a pattern | stands for |
/// |---|---|
/// | `@` | a letter A-Z |
/// | `#` | a digit 0-9 |
/// | `*` | a letter or a digit |
/// | `A`, `7` | this character (upper-case letter or digit) |
/// | `[BCD1-9]` | one of these characters, ranges allowed |
/// | `<letter>` | one character of the country's set `letter` |
/// | `{district}` | one code of the country's list `district` |
/// | `?` | what stands before it may be missing |
/// | blank, `-` | where the plate has a gap: for people, it is not matched |
/// | `~` | a gap in which a seal, a sticker or a coat of arms stands, which readers take for a character now and then |
///
/// So `{district} @@? [1-9]#?#?#?` is a district, one or two letters, and a number of one to four digits without leading zero.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// The country's code in lower case, a dash and a name: `de-standard`. Several rows of one id and series are one format whose
    /// lengths differ in their shares.
    pub id: &'static str,
    /// See above.
    pub pattern: &'static str,
    /// Share of this format among the country's vehicles, above 0 and at most 1.
    pub weight: f32,
    /// What kind of registration it is for.
    pub series: Series,
    /// The region of every plate of this format, where no code tells it: a state's own format.
    pub region: Option<&'static str>,
    /// Fewest characters of the whole plate.
    pub chars_min: u8,
    /// Most characters of the whole plate.
    pub chars_max: u8,
    /// Says whether a text that fits the pattern is issued (forbidden combinations, number ranges, check digits). Gets the
    /// letters and digits without gaps.
    pub issued: Option<fn(&str) -> bool>,
    /// Tells the region from the text, where no code list can (ranges).
    pub region_of: Option<fn(&str) -> Option<&'static str>>,
}

impl Format {
    /// A standard series without further conditions.
    pub const fn new(id: &'static str, pattern: &'static str, weight: f32) -> Self {
        Self {
            id,
            pattern,
            weight,
            series: Series::Standard,
            region: None,
            chars_min: 1,
            chars_max: 16,
            issued: None,
            region_of: None,
        }
    }

    /// Another series.
    #[must_use]
    pub const fn series(mut self, series: Series) -> Self {
        self.series = series;
        self
    }

    /// All plates of this format belong to one region.
    #[must_use]
    pub const fn region(mut self, region: &'static str) -> Self {
        self.region = Some(region);
        self
    }

    /// At least so many characters in all.
    #[must_use]
    pub const fn chars_min(mut self, chars: u8) -> Self {
        self.chars_min = chars;
        self
    }

    /// At most so many characters in all.
    #[must_use]
    pub const fn chars_max(mut self, chars: u8) -> Self {
        self.chars_max = chars;
        self
    }

    /// Only texts for which `issued` is true.
    #[must_use]
    pub const fn issued(mut self, issued: fn(&str) -> bool) -> Self {
        self.issued = Some(issued);
        self
    }

    /// The region by a function.
    #[must_use]
    pub const fn region_of(mut self, region_of: fn(&str) -> Option<&'static str>) -> Self {
        self.region_of = Some(region_of);
        self
    }
}

//! Canada.
//!
//! Plates are a matter of the provinces. Sources: Ontario R.R.O. 1990, Reg. 628 and ServiceOntario's plate
//! types; Quebec CQLR c. C-24.2, r. 29 and the SAAQ's table of plate prefixes; ICBC's list of British
//! Columbian plate types; Alberta Reg. 320/2002; the registry regulations of the other provinces and
//! territories. Shares: Statistics Canada, table 23-10-0308, registered road vehicles.

use ovr_plugin_sdk::{Country, Format, Series};

/// A province or territory.
#[derive(Clone, Copy)]
struct Province {
    name: &'static str,
    /// Share of the vehicles registered in Canada.
    share: f32,
}

impl Province {
    const fn new(name: &'static str, share: f32) -> Self {
        Self { name, share }
    }

    const fn format(self, id: &'static str, pattern: &'static str, within_province: f32) -> Format {
        Format::new(id, pattern, self.share * within_province).region(self.name)
    }
}

const ALBERTA: Province = Province::new("Alberta", 0.13);
const BRITISH_COLUMBIA: Province = Province::new("British Columbia", 0.135);
const MANITOBA: Province = Province::new("Manitoba", 0.036);
const NEW_BRUNSWICK: Province = Province::new("New Brunswick", 0.022);
const NEWFOUNDLAND_AND_LABRADOR: Province = Province::new("Newfoundland and Labrador", 0.014);
const NORTHWEST_TERRITORIES: Province = Province::new("Northwest Territories", 0.001);
const NOVA_SCOTIA: Province = Province::new("Nova Scotia", 0.024);
const NUNAVUT: Province = Province::new("Nunavut", 0.0004);
const ONTARIO: Province = Province::new("Ontario", 0.36);
const PRINCE_EDWARD_ISLAND: Province = Province::new("Prince Edward Island", 0.004);
const QUEBEC: Province = Province::new("Quebec", 0.225);
const SASKATCHEWAN: Province = Province::new("Saskatchewan", 0.035);
const YUKON: Province = Province::new("Yukon", 0.0015);

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "CA",
    share: 0.025,
    sets: &[("letter", "ABCDEFGHJKLMNPRSTUVWXYZ")],
    codes: &[],
    formats: &[
        ALBERTA.format("ca-ab-passenger", "<letter><letter><letter> ####", 0.68),
        ALBERTA.format("ca-ab-passenger-1984", "<letter><letter><letter> ###", 0.10),
        ALBERTA.format("ca-ab-commercial", "<letter> #####", 0.10),
        ALBERTA.format("ca-ab-motorcycle", "<letter><letter> ###", 0.03).series(Series::Motorcycle),
        ALBERTA.format("ca-ab-trailer", "#<letter><letter> #?###", 0.04).series(Series::Trailer),
        BRITISH_COLUMBIA.format("ca-bc-passenger", "<letter><letter># ##<letter>", 0.46),
        BRITISH_COLUMBIA.format("ca-bc-passenger-digits-first", "### <letter><letter><letter>", 0.18),
        BRITISH_COLUMBIA.format("ca-bc-passenger-letters-first", "<letter><letter><letter> ###", 0.12),
        BRITISH_COLUMBIA.format("ca-bc-commercial", "<letter><letter> ####", 0.08),
        BRITISH_COLUMBIA.format("ca-bc-commercial-digits-first", "#### <letter><letter>", 0.05),
        BRITISH_COLUMBIA.format("ca-bc-motorcycle", "<letter>## ##<letter>", 0.03).series(Series::Motorcycle),
        BRITISH_COLUMBIA
            .format("ca-bc-trailer", "<letter><letter><letter> ##<letter>", 0.04)
            .series(Series::Trailer),
        MANITOBA.format("ca-mb-passenger", "@@@ ###", 0.84),
        MANITOBA.format("ca-mb-trailer", "@ ###@", 0.05).series(Series::Trailer),
        MANITOBA.format("ca-mb-motorcycle", "#@ ###", 0.03).series(Series::Motorcycle),
        NEW_BRUNSWICK.format("ca-nb-passenger", "[GHJ]@@ ###", 0.78),
        NEW_BRUNSWICK.format("ca-nb-commercial", "[CL]@@ ###", 0.12),
        NEW_BRUNSWICK.format("ca-nb-trailer", "T@@ ###", 0.04).series(Series::Trailer),
        NEWFOUNDLAND_AND_LABRADOR.format("ca-nl-passenger", "[FHJK]@@ ###", 0.78),
        NEWFOUNDLAND_AND_LABRADOR.format("ca-nl-commercial", "C@@ ###", 0.12),
        NORTHWEST_TERRITORIES.format("ca-nt-passenger", "######", 0.80),
        NORTHWEST_TERRITORIES.format("ca-nt-commercial", "C #####", 0.10),
        NOVA_SCOTIA.format("ca-ns-passenger", "[A-HJ]@@ ###", 0.80),
        NOVA_SCOTIA.format("ca-ns-commercial", "@@ ####?#", 0.08),
        NOVA_SCOTIA.format("ca-ns-motorcycle", "##@@", 0.02).series(Series::Motorcycle),
        NUNAVUT.format("ca-nu-passenger", "### ###", 0.80),
        // I, O, Q and U came into the first place only; GV begins the series for electric vehicles.
        ONTARIO.format("ca-on-electric", "GV@@ ###", 0.02).series(Series::Electric),
        ONTARIO.format("ca-on-passenger", "<letter>@@@ ###", 0.74),
        ONTARIO.format("ca-on-passenger-1986", "### @@@", 0.03),
        ONTARIO.format("ca-on-commercial", "<letter><letter> #####", 0.10),
        ONTARIO.format("ca-on-commercial-old", "### #<letter><letter>", 0.02),
        ONTARIO.format("ca-on-trailer", "<letter>## ##<letter>", 0.04).series(Series::Trailer),
        ONTARIO.format("ca-on-bus", "<letter><letter># ###", 0.01),
        ONTARIO.format("ca-on-motorcycle", "##?<letter> <letter>#", 0.02).series(Series::Motorcycle),
        PRINCE_EDWARD_ISLAND.format("ca-pe-passenger", "## @@#", 0.40),
        PRINCE_EDWARD_ISLAND.format("ca-pe-passenger-letters", "### @@", 0.36),
        // Without I, O and U.
        QUEBEC.format("ca-qc-passenger", "<letter>## <letter><letter><letter>", 0.68),
        QUEBEC.format("ca-qc-passenger-1989", "### <letter><letter><letter>", 0.06),
        QUEBEC.format("ca-qc-electric", "[CV]## <letter>V<letter>", 0.01).series(Series::Electric),
        QUEBEC.format("ca-qc-commercial", "F[A-HJ-NPR-TVW]<letter> ####", 0.09),
        QUEBEC.format("ca-qc-truck", "L ######", 0.05),
        QUEBEC.format("ca-qc-taxi", "T ##### [A-Z]", 0.005).series(Series::Taxi),
        QUEBEC.format("ca-qc-trailer", "R[A-HJ-NPR-TVW] ####@", 0.04).series(Series::Trailer),
        QUEBEC.format("ca-qc-motorcycle", "M<letter> ####", 0.01).series(Series::Motorcycle),
        SASKATCHEWAN.format("ca-sk-passenger", "### @@@", 0.80),
        SASKATCHEWAN.format("ca-sk-trailer", "### @@", 0.05).series(Series::Trailer),
        YUKON.format("ca-yt-passenger", "@@@ ##", 0.80),
        YUKON.format("ca-yt-commercial", "[CD]@@ ##", 0.08),
        Format::new("ca-vanity-word", "@@@?@?@?", 0.002).series(Series::Vanity),
        Format::new("ca-vanity-word-6", "@@@@@@", 0.002).series(Series::Vanity),
        Format::new("ca-vanity-word-7", "@@@@@@@@?", 0.003).series(Series::Vanity),
        Format::new("ca-vanity", "***?*?*?", 0.002).series(Series::Vanity).issued(has_a_letter),
        Format::new("ca-vanity-6", "******", 0.002).series(Series::Vanity).issued(has_a_letter),
        Format::new("ca-vanity-7", "********?", 0.005).series(Series::Vanity).issued(has_a_letter),
        Format::new("ca-diplomatic", "C[CD]<letter> ###", 0.0005).series(Series::Diplomatic),
        Format::new("ca-military", "## ###", 0.0005).series(Series::Military),
    ],
};

/// Numbers alone belong to series.
fn has_a_letter(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

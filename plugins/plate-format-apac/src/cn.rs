//! China.
//!
//! Source: GA 36-2018, Licence plates of motor vehicles of the People's Republic of China (Ministry of
//! Public Security), its tables of province characters and of serial numbers; GB/T 3181 is for colours
//! only. Military plates: the 2012 style of the Central Military Commission; armed police: the style of
//! 2012.
//!
//! I and O stand on no plate but that the second character may be an O of authorities. A reader without
//! Chinese characters leaves the province out or shows a wrong letter: the formats `cn-latin-...` are the
//! texts without it, about as common as those with it, since our own reader is one of them.

use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "CN",
    share: 0.2,
    sets: &[("letter", "ABCDEFGHJKLMNPQRSTUVWXYZ"), ("alnum", "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")],
    codes: &[Codes { name: "province", list: PROVINCES }],
    formats: &[
        // By the places of the letters in the serial: fewer letters were issued first and are likelier.
        Format::new("cn-standard-00000", "{province}<letter> #####", 0.055),
        Format::new("cn-standard-a0000", "{province}<letter> <letter>####", 0.0396),
        Format::new("cn-standard-0a000", "{province}<letter> #<letter>###", 0.0396),
        Format::new("cn-standard-00a00", "{province}<letter> ##<letter>##", 0.0396),
        Format::new("cn-standard-000a0", "{province}<letter> ###<letter>#", 0.0396),
        Format::new("cn-standard-0000a", "{province}<letter> ####<letter>", 0.0396),
        Format::new("cn-standard-aa000", "{province}<letter> <letter><letter>###", 0.0154),
        Format::new("cn-standard-a0a00", "{province}<letter> <letter>#<letter>##", 0.0154),
        Format::new("cn-standard-a00a0", "{province}<letter> <letter>##<letter>#", 0.0154),
        Format::new("cn-standard-a000a", "{province}<letter> <letter>###<letter>", 0.0154),
        Format::new("cn-standard-0aa00", "{province}<letter> #<letter><letter>##", 0.0154),
        Format::new("cn-standard-0a0a0", "{province}<letter> #<letter>#<letter>#", 0.0154),
        Format::new("cn-standard-0a00a", "{province}<letter> #<letter>##<letter>", 0.0154),
        Format::new("cn-standard-00aa0", "{province}<letter> ##<letter><letter>#", 0.0154),
        Format::new("cn-standard-00a0a", "{province}<letter> ##<letter>#<letter>", 0.0154),
        Format::new("cn-standard-000aa", "{province}<letter> ###<letter><letter>", 0.0154),
        Format::new("cn-standard-mixed", "{province}<letter> <alnum><alnum><alnum><alnum><alnum>", 0.022)
            .issued(has_three_letters),
        // D and neighbours for battery cars, F and neighbours for plug-in hybrids.
        Format::new("cn-electric", "{province}<letter> [DF]<alnum>####", 0.06).series(Series::Electric),
        Format::new("cn-electric-later", "{province}<letter> [ABCEGHJK]<alnum>####", 0.02)
            .series(Series::Electric),
        Format::new("cn-electric-large", "{province}<letter> #####[ABCDEFGHJK]", 0.003)
            .series(Series::Electric),
        Format::new("cn-latin-00000", "<letter> #####", 0.06),
        Format::new("cn-latin-a0000", "<letter> <letter>####", 0.0432),
        Format::new("cn-latin-0a000", "<letter> #<letter>###", 0.0432),
        Format::new("cn-latin-00a00", "<letter> ##<letter>##", 0.0432),
        Format::new("cn-latin-000a0", "<letter> ###<letter>#", 0.0432),
        Format::new("cn-latin-0000a", "<letter> ####<letter>", 0.0432),
        Format::new("cn-latin-aa000", "<letter> <letter><letter>###", 0.0168),
        Format::new("cn-latin-a0a00", "<letter> <letter>#<letter>##", 0.0168),
        Format::new("cn-latin-a00a0", "<letter> <letter>##<letter>#", 0.0168),
        Format::new("cn-latin-a000a", "<letter> <letter>###<letter>", 0.0168),
        Format::new("cn-latin-0aa00", "<letter> #<letter><letter>##", 0.0168),
        Format::new("cn-latin-0a0a0", "<letter> #<letter>#<letter>#", 0.0168),
        Format::new("cn-latin-0a00a", "<letter> #<letter>##<letter>", 0.0168),
        Format::new("cn-latin-00aa0", "<letter> ##<letter><letter>#", 0.0168),
        Format::new("cn-latin-00a0a", "<letter> ##<letter>#<letter>", 0.0168),
        Format::new("cn-latin-000aa", "<letter> ###<letter><letter>", 0.0168),
        Format::new("cn-latin-mixed", "<letter> <alnum><alnum><alnum><alnum><alnum>", 0.024)
            .issued(has_three_letters_latin),
        Format::new("cn-latin-electric", "<letter> [DF]<alnum>####", 0.045).series(Series::Electric),
        Format::new("cn-authority", "{province}O <alnum>####", 0.001).series(Series::Official),
        Format::new("cn-police", "{province}<letter> <alnum>###警", 0.004).series(Series::Official),
        Format::new("cn-emergency", "{province}<letter> [XS]####应急", 0.0005).series(Series::Official),
        Format::new("cn-coach", "{province}<letter> <alnum><alnum><alnum><alnum>学", 0.003)
            .series(Series::Other),
        Format::new("cn-trailer", "{province}<letter> <alnum><alnum><alnum><alnum>挂", 0.008)
            .series(Series::Trailer),
        Format::new("cn-hong-kong", "粤Z <alnum><alnum><alnum><alnum>港", 0.0004)
            .series(Series::Other)
            .region("Guangdong"),
        Format::new("cn-macao", "粤Z <alnum><alnum><alnum><alnum>澳", 0.0001)
            .series(Series::Other)
            .region("Guangdong"),
        Format::new("cn-embassy", "### ### 使", 0.0001).series(Series::Diplomatic),
        Format::new("cn-embassy-old", "使 ### ###", 0.0001).series(Series::Diplomatic),
        Format::new("cn-consulate", "{province}<letter> ####领", 0.0001).series(Series::Diplomatic),
        Format::new("cn-civil-aviation", "民航 <letter> ####", 0.0001).series(Series::Other),
        // The branch or command, its unit, five digits.
        Format::new("cn-military", "[BCEGHJKLNSVZ][A-HJ-NP-Z] #####", 0.002).series(Series::Military),
        Format::new("cn-armed-police", "WJ{province} ####<alnum>", 0.0005).series(Series::Military),
        Format::new("cn-armed-police-central", "WJ ####<alnum>", 0.0002).series(Series::Military),
    ],
};

/// The characters of the provinces, autonomous regions and municipalities, sorted by code point.
const PROVINCES: &[(&str, &str)] = &[
    ("云", "Yunnan"),
    ("京", "Beijing"),
    ("冀", "Hebei"),
    ("吉", "Jilin"),
    ("宁", "Ningxia"),
    ("川", "Sichuan"),
    ("新", "Xinjiang"),
    ("晋", "Shanxi"),
    ("桂", "Guangxi"),
    ("沪", "Shanghai"),
    ("津", "Tianjin"),
    ("浙", "Zhejiang"),
    ("渝", "Chongqing"),
    ("湘", "Hunan"),
    ("琼", "Hainan"),
    ("甘", "Gansu"),
    ("皖", "Anhui"),
    ("粤", "Guangdong"),
    ("苏", "Jiangsu"),
    ("蒙", "Inner Mongolia"),
    ("藏", "Xizang"),
    ("豫", "Henan"),
    ("贵", "Guizhou"),
    ("赣", "Jiangxi"),
    ("辽", "Liaoning"),
    ("鄂", "Hubei"),
    ("闽", "Fujian"),
    ("陕", "Shaanxi"),
    ("青", "Qinghai"),
    ("鲁", "Shandong"),
    ("黑", "Heilongjiang"),
];

/// Serials with more than three letters are not issued; those with fewer have formats of their own.
fn has_three_letters(text: &str) -> bool {
    serial_letters(text, 2) == 3
}

/// The same for a text without its province.
fn has_three_letters_latin(text: &str) -> bool {
    serial_letters(text, 1) == 3
}

/// Letters behind the office.
fn serial_letters(text: &str, skip: usize) -> usize {
    text.chars().skip(skip).filter(char::is_ascii_alphabetic).count()
}

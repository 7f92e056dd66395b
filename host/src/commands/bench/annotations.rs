//! Annotated pictures: `annotations.jsonl`, one picture a line, beside the pictures.

use std::path::Path;

use ovr_domain::{BBox, Class};
use serde::Deserialize;

use crate::print::Refusal;

/// Distinguishing signs that are no ISO 3166-1 codes, with the code that they stand for.
const SIGNS: [(&str, &str); 13] = [
    ("A", "AT"),
    ("B", "BE"),
    ("D", "DE"),
    ("E", "ES"),
    ("F", "FR"),
    ("FIN", "FI"),
    ("H", "HU"),
    ("I", "IT"),
    ("L", "LU"),
    ("N", "NO"),
    ("P", "PT"),
    ("S", "SE"),
    ("UK", "GB"),
];

/// One annotated picture.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Annotated {
    /// Path below the set's folder.
    pub(super) image: String,
    /// Of the picture, in pixels.
    pub(super) width: f32,
    /// Of the picture, in pixels.
    pub(super) height: f32,
    /// The plates that somebody boxed; there may be others.
    pub(super) plates: Vec<AnnotatedPlate>,
    /// The vehicles that somebody boxed; a set without any has not labelled them.
    #[serde(default)]
    pub(super) vehicles: Vec<AnnotatedVehicle>,
    /// False where nobody has looked for plates.
    #[serde(default = "labelled")]
    pub(super) plates_labelled: bool,
}

const fn labelled() -> bool {
    true
}

/// One boxed vehicle.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct AnnotatedVehicle {
    /// `[x1, y1, x2, y2]` in pixels.
    bbox: [f32; 4],
    class: String,
    /// Too far away or too much hidden to be asked for.
    #[serde(default)]
    pub(super) ignore: bool,
}

impl AnnotatedVehicle {
    pub(super) fn bbox(&self) -> BBox {
        let [x1, y1, x2, y2] = self.bbox;
        BBox::new(x1, y1, x2, y2)
    }

    /// The class, where the set names one that a detector knows; a "vehicle" or a fire engine has none.
    pub(super) fn class(&self) -> Option<Class> {
        match self.class.as_str() {
            "car" => Some(Class::Car),
            "truck" => Some(Class::Truck),
            "bus" => Some(Class::Bus),
            "motorcycle" => Some(Class::Motorcycle),
            _ => None,
        }
    }
}

/// One boxed plate.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct AnnotatedPlate {
    /// `[x1, y1, x2, y2]` in pixels.
    bbox: [f32; 4],
    /// The true text, where somebody read it.
    #[serde(default)]
    pub(super) text: Option<String>,
    /// ISO 3166 code, with a subdivision for some.
    #[serde(default)]
    country: Option<String>,
    /// Nobody can read it.
    #[serde(default)]
    pub(super) ignore: bool,
}

impl AnnotatedPlate {
    pub(super) fn bbox(&self) -> BBox {
        let [x1, y1, x2, y2] = self.bbox;
        BBox::new(x1, y1, x2, y2)
    }

    /// The country without its subdivision.
    pub(super) fn group(&self) -> &str {
        let country = self.country.as_deref().unwrap_or("unknown");
        country.split('-').next().unwrap_or(country)
    }

    /// The region as a site there would be configured: distinguishing signs of vehicles in international traffic (`D`, `A`)
    /// are taken for the countries that they stand for.
    pub(super) fn hint(&self) -> Vec<String> {
        let Some(country) = self.country.as_deref() else {
            return Vec::new();
        };
        let code = SIGNS.iter().find(|(sign, _)| *sign == country).map_or(country, |(_, code)| code);
        if code.len() < 2 || code == "unknown" { Vec::new() } else { vec![code.to_owned()] }
    }

    /// Counts: has a text, and is not marked as unreadable.
    pub(super) fn counts(&self) -> bool {
        !self.ignore && self.text.is_some()
    }
}

impl Annotated {
    /// The one box fills the picture: it is a crop, to be read without looking for plates.
    pub(super) fn is_crop(&self) -> bool {
        match self.plates.as_slice() {
            [plate] => plate.bbox().area() >= 0.9 * self.width * self.height,
            _ => false,
        }
    }
}

/// Reads `annotations.jsonl` of a set.
pub(super) fn load(folder: &Path) -> Result<Vec<Annotated>, Refusal> {
    let file = folder.join("annotations.jsonl");
    let text = std::fs::read_to_string(&file).map_err(|error| {
        Refusal(format!(
            "{}: cannot read it: {error}; expected a folder with annotations.jsonl and images/",
            file.display()
        ))
    })?;
    let rows = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    rows.map(|(index, line)| {
        serde_json::from_str(line)
            .map_err(|error| Refusal(format!("{}: line {}: {error}", file.display(), index + 1)))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vehicles_have_the_class_that_the_set_names_and_a_set_may_have_no_plates_labelled() {
        let row = r#"{"image":"a.png","width":9,"height":9,"plates":[],"plates_labelled":false,
            "vehicles":[{"bbox":[0,0,4,4],"class":"bus"},{"bbox":[0,0,4,4],"class":"vehicle","ignore":true}]}"#;
        let row: Annotated = serde_json::from_str(row).unwrap();
        assert!(!row.plates_labelled);
        let classes: Vec<_> = row.vehicles.iter().map(|vehicle| (vehicle.class(), vehicle.ignore)).collect();
        assert_eq!(classes, [(Some(Class::Bus), false), (None, true)]);
        assert_eq!(row.vehicles[0].bbox(), BBox::new(0.0, 0.0, 4.0, 4.0));
    }

    #[test]
    fn a_box_that_fills_the_picture_makes_a_crop_and_a_bad_line_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("annotations.jsonl");
        let row = r#"{"image":"a.png","width":100,"height":50,"plates":[{"bbox":[0,0,100,50],"text":"A1","country":"US-AK"}],"vehicles":[]}"#;
        std::fs::write(&file, format!("{row}\n\n")).unwrap();
        let rows = load(dir.path()).unwrap();
        assert!(rows[0].is_crop());
        assert!(rows[0].plates_labelled && !rows[0].plates[0].ignore);
        assert_eq!(rows[0].plates[0].group(), "US");
        assert_eq!(rows[0].plates[0].hint(), ["US-AK"]);
        let austrian = AnnotatedPlate { country: Some("A".to_owned()), ..rows[0].plates[0].clone() };
        assert_eq!(austrian.hint(), ["AT"]);
        std::fs::write(&file, format!("{row}\n{{\n")).unwrap();
        assert!(load(dir.path()).unwrap_err().0.contains("line 2"));
    }
}

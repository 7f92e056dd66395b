//! Which class an index of a network's output is.

use std::collections::BTreeMap;

use ovr_domain::track::Class;

/// Most classes that a network may have; COCO has 80, Objects365 365.
pub(super) const CLASSES_MAX: usize = 4_096;

/// Longest `names` metadata that is read, in bytes.
const NAMES_BYTES_MAX: usize = 1 << 18;

/// Network index to class. Indices that are not in it are dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClassMap {
    classes: BTreeMap<usize, Class>,
}

impl ClassMap {
    /// The indices given.
    pub fn new(classes: BTreeMap<usize, Class>) -> Self {
        Self { classes }
    }

    /// The vehicles among the 80 classes of COCO (Lin et al. 2014), which the public YOLO networks are trained on.
    pub fn coco() -> Self {
        Self::new(BTreeMap::from([
            (2, Class::Car),
            (3, Class::Motorcycle),
            (5, Class::Bus),
            (7, Class::Truck),
        ]))
    }

    /// The classes whose names are those of vehicles or plates.
    pub fn from_names(names: &BTreeMap<usize, String>) -> Self {
        let known = names.iter().filter_map(|(&index, name)| class_of(name).map(|class| (index, class)));
        Self::new(known.collect())
    }

    /// The class of an index.
    pub fn get(&self, index: usize) -> Option<Class> {
        self.classes.get(&index).copied()
    }

    /// Whether an index has this class.
    pub fn has(&self, class: Class) -> bool {
        self.classes.values().any(|&known| known == class)
    }

    /// Whether an index has the class of a vehicle.
    pub fn has_vehicles(&self) -> bool {
        self.classes.values().any(|class| class.is_vehicle())
    }

    /// Index to class, as [`DetectorConfig::classes`](super::DetectorConfig::classes) has it.
    pub fn into_inner(self) -> BTreeMap<usize, Class> {
        self.classes
    }

    /// Whether no index has a class.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The largest index that has a class.
    pub(super) fn last(&self) -> Option<usize> {
        self.classes.keys().next_back().copied()
    }
}

/// The class that a name means, whatever its case and separators.
fn class_of(name: &str) -> Option<Class> {
    let word: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    match word.as_str() {
        "car" | "van" => Some(Class::Car),
        "truck" | "lorry" => Some(Class::Truck),
        "bus" => Some(Class::Bus),
        "motorcycle" | "motorbike" => Some(Class::Motorcycle),
        "lp" | "plate" | "licenseplate" | "licenceplate" | "numberplate" => Some(Class::Plate),
        _ => None,
    }
}

/// Reads the `names` metadata that Ultralytics' exporter writes, Python's notation of a dictionary such as
/// `{0: 'car', 1: "driver's cab"}` or of a list such as `['car', 'bus']`. Nothing when it is neither or too long.
pub(super) fn parse_names(text: &str) -> Option<BTreeMap<usize, String>> {
    if text.len() > NAMES_BYTES_MAX {
        return None;
    }
    let text = text.trim();
    let inner = |open: char, close: char| text.strip_prefix(open)?.strip_suffix(close);
    let (mut rest, keyed) = match (inner('{', '}'), inner('[', ']')) {
        (Some(inside), _) => (inside, true),
        (None, Some(inside)) => (inside, false),
        (None, None) => return None,
    };
    let mut names = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches([',', ' ', '\n', '\t']);
        if rest.is_empty() {
            return (!names.is_empty()).then_some(names);
        }
        if names.len() == CLASSES_MAX {
            return None;
        }
        let mut index = names.len();
        if keyed {
            let (key, after) = rest.split_once(':')?;
            index = key.trim().trim_matches(['\'', '"']).parse().ok()?;
            rest = after.trim_start();
        }
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let (name, after) = rest.strip_prefix(quote)?.split_once(quote)?;
        names.insert(index, name.to_owned());
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_read_from_a_dictionary_and_from_a_list() {
        let names = parse_names(r#"{0: 'car', 1: "driver's cab", 5: 'License_Plate'}"#).unwrap();
        assert_eq!(names[&1], "driver's cab");
        let map = ClassMap::from_names(&names);
        assert_eq!(map.get(0), Some(Class::Car));
        assert_eq!(map.get(1), None);
        assert_eq!(map.get(5), Some(Class::Plate));
        assert_eq!(map.last(), Some(5));
        assert!(map.has(Class::Plate) && map.has_vehicles());
        assert!(!ClassMap::new(BTreeMap::from([(0, Class::Plate)])).has_vehicles());
        let list = parse_names("['person', 'Motor-Bike']").unwrap();
        assert_eq!(ClassMap::from_names(&list).get(1), Some(Class::Motorcycle));
        assert_eq!(parse_names("car, bus"), None);
        assert_eq!(parse_names("{0: 'car', 1: bus}"), None);
        assert_eq!(parse_names(&format!("['{}']", "é".repeat(NAMES_BYTES_MAX))), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "[\\[{'\":, 0-9a-zé}\\]]{0,40}") {
            let _ = parse_names(&text);
        }
    }
}

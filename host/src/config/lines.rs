//! On which line of a file a key stands.
//!
//! Whoever is told that a key is wrong should not have to look for it. The files are read a second time for this, with
//! the parser's own positions, and only when there is something to say.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::NonFiniteFloatPolicy;
use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned};

/// Every key of a text with its place, in the order in which they stand there.
#[derive(Debug, Default)]
pub(super) struct Lines(Vec<Place>);

#[derive(Debug)]
struct Place {
    /// As in messages: `cameras[1].source.file`.
    key: String,
    line: u64,
    column: u64,
}

impl Lines {
    /// Nothing of a text that is no YAML.
    pub(super) fn of(text: &str) -> Self {
        let mut lines = Self::default();
        // A key that stands twice is to be found, too, and so is one whose number is none.
        let options = serde_saphyr::options! {
            duplicate_keys: DuplicateKeyPolicy::PassThrough,
            non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        };
        if let Ok(root) = serde_saphyr::from_str_with_options::<Node>(text, options) {
            lines.note(&root, "");
        }
        lines
    }

    /// The line of a key, from 1; of a key that does not stand there the line of what it would stand below.
    pub(super) fn line(&self, key: &str) -> Option<u64> {
        let mut key = key;
        loop {
            if let Some(place) = self.0.iter().find(|place| place.key == key) {
                return Some(place.line);
            }
            key = key.get(..key.rfind(['.', '['])?)?;
        }
    }

    /// The key whose value stands at a place.
    pub(super) fn key_at(&self, at: Location) -> Option<&str> {
        let before = |place: &&Place| (place.line, place.column) <= (at.line(), at.column());
        self.0.iter().filter(before).max_by_key(|place| (place.line, place.column)).map(|place| &*place.key)
    }

    fn note(&mut self, node: &Node, above: &str) {
        match node {
            Node::Value => {}
            Node::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.note_one(&format!("{above}[{index}]"), item.referenced, &item.value);
                }
            }
            Node::Keys(entries) => {
                for (key, value) in entries {
                    let dot = if above.is_empty() { "" } else { "." };
                    self.note_one(&format!("{above}{dot}{}", key.value), key.referenced, &value.value);
                }
            }
        }
    }

    fn note_one(&mut self, key: &str, at: Location, below: &Node) {
        self.0.push(Place { key: key.to_owned(), line: at.line(), column: at.column() });
        self.note(below, key);
    }
}

/// A text's shape: what its values are does not matter here.
#[derive(Debug)]
enum Node {
    Value,
    List(Vec<Spanned<Node>>),
    Keys(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shape)
    }
}

struct Shape;

impl<'de> Visitor<'de> for Shape {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list or keys with values")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Value)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Value)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Value)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Value)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Value)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Value)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Value)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Value)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut keys = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            keys.push(entry);
        }
        Ok(Node::Keys(keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# a comment
cameras:
  - id: a
    source: { file: { path: a.mp4 } }

  - id: b
    source:
      flie:
        path: b.mp4
classes: { 2: car, 7: truck }
";

    #[test]
    fn a_key_has_the_line_on_which_it_stands() {
        let lines = Lines::of(TEXT);
        assert_eq!(lines.line("cameras"), Some(2));
        assert_eq!(lines.line("cameras[0].source.file.path"), Some(4));
        assert_eq!(lines.line("cameras[1]"), Some(6));
        assert_eq!(lines.line("cameras[1].source.flie"), Some(8));
        assert_eq!(lines.line("cameras[1].source.flie.path"), Some(9));
        assert_eq!(lines.line("classes.7"), Some(10));
    }

    #[test]
    fn a_key_of_an_alias_has_the_line_of_the_alias_or_of_what_it_stands_for() {
        let lines = Lines::of("a: &x\n  b: 1\nc: *x\nd: { <<: *x,\n  e: [1,\n 2] }\n");
        assert_eq!(lines.line("c"), Some(3));
        assert!(matches!(lines.line("c.b"), Some(2 | 3)), "{lines:?}");
        assert_eq!(lines.line("d.e[1]"), Some(6));
    }

    #[test]
    fn a_key_that_does_not_stand_there_has_the_line_of_what_it_would_stand_below() {
        let lines = Lines::of(TEXT);
        assert_eq!(lines.line("cameras[1].source.test.width"), Some(7));
        assert_eq!(lines.line("nothing.of.it"), None);
        assert_eq!(Lines::of("a: [1").line("a"), None);
        assert_eq!(Lines::of("").line("a"), None);
    }
}

//! Finds keys that no setting has, and names the nearest right one; and values of another type than their key's.
//!
//! A misspelt key that is silently ignored is a setting that silently does not apply, so every key of every file is
//! looked up in the schema that the settings' own types generate.

use serde_json::{Map, Value};

/// What to say of keys that there were once, or that are easily taken for a shorter form: the path and the hint.
const HINTS: [(&str, &str); 2] = [
    (
        "ocr.finder",
        "there is no such key any more: plates are found by `detector` of tracking.yaml; expected no `finder`",
    ),
    ("ocr.reader", "expected keys with values, such as { engine: paddleocr }"),
];

/// A key that does not exist or whose value cannot be: its path, and what to say about it.
pub(super) struct UnknownKey {
    pub(super) path: String,
    pub(super) hint: String,
}

/// The first key of `value` that `schema` does not know, or whose value is of another type.
pub(super) fn find_unknown(value: &Value, schema: &Value) -> Option<UnknownKey> {
    let unknown = walk(value, schema, schema, &mut Vec::new())?;
    let known = HINTS.iter().find(|(path, _)| *path == unknown.path);
    let hint = known.map_or(unknown.hint, |(_, hint)| (*hint).to_owned());
    Some(UnknownKey { hint, ..unknown })
}

/// What would be right, when the value is of none of the types that its key may have.
fn wrong_type(value: &Value, variants: &[&Value], path: &[String]) -> Option<String> {
    let names = |variant: &&Value| match variant.get("type") {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => {
            names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    };
    let expected: Vec<String> = variants.iter().flat_map(names).collect();
    let fits = |name: &String| match name.as_str() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    if expected.is_empty() || expected.iter().any(fits) {
        return negative(value, variants);
    }
    let words = expected.iter().map(|name| match name.as_str() {
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "string" => "a text",
        "array" => "a list",
        "object" => "keys with values",
        other => other,
    });
    // Where a camera's address and password stand, the wrong value in the wrong place may be either.
    let is_hidden = path.iter().any(|key| key == "source") && !value.is_boolean() && !value.is_null();
    let value = if is_hidden { "what stands here cannot be used".to_owned() } else { value.to_string() };
    Some(format!("{value}: expected {}", words.collect::<Vec<_>>().join(" or ")))
}

/// A value below the smallest that its type can hold.
fn negative(value: &Value, variants: &[&Value]) -> Option<String> {
    let least = variants.iter().find_map(|variant| variant.get("minimum")?.as_i64())?;
    let below = value.as_i64().is_some_and(|number| number < least);
    below.then(|| format!("{value}: expected at least {least}"))
}

fn walk(value: &Value, schema: &Value, root: &Value, path: &mut Vec<String>) -> Option<UnknownKey> {
    if let Some(hint) = wrong_type(value, &variants(schema, root), path) {
        return Some(UnknownKey { path: path_text(path), hint });
    }
    match value {
        Value::Object(entries) => walk_object(entries, schema, root, path),
        Value::Array(items) => {
            let schema = variants(schema, root).into_iter().find_map(|variant| variant.get("items"))?;
            for (index, item) in items.iter().enumerate() {
                path.push(format!("[{index}]"));
                if let Some(unknown) = walk(item, schema, root, path) {
                    return Some(unknown);
                }
                path.pop();
            }
            None
        }
        _ => None,
    }
}

fn walk_object(
    entries: &Map<String, Value>,
    schema: &Value,
    root: &Value,
    path: &mut Vec<String>,
) -> Option<UnknownKey> {
    let variants = variants(schema, root);
    let tables: Vec<&Map<String, Value>> =
        variants.iter().filter_map(|variant| variant.get("properties")?.as_object()).collect();
    if tables.is_empty() {
        // A free map (names of plugins to their settings, say): whatever its keys are, what stands below them can be
        // checked. Plain values are left to their own types: a text may look like a number.
        let schema = variants.iter().find_map(|variant| variant.get("additionalProperties"))?;
        for (key, value) in entries.iter().filter(|(_, value)| value.is_object() || value.is_array()) {
            path.push(key.clone());
            if let Some(unknown) = walk(value, schema, root, path) {
                return Some(unknown);
            }
            path.pop();
        }
        return None;
    }
    for (key, value) in entries {
        path.push(key.clone());
        let Some(schema) = tables.iter().find_map(|table| table.get(key)) else {
            let known = tables.iter().flat_map(|table| table.keys().map(String::as_str));
            return Some(UnknownKey { path: path_text(path), hint: nearest(key, known) });
        };
        if let Some(unknown) = walk(value, schema, root, path) {
            return Some(unknown);
        }
        path.pop();
    }
    None
}

/// The schema itself with references followed, or each of its alternatives.
fn variants<'a>(schema: &'a Value, root: &'a Value) -> Vec<&'a Value> {
    let followed = match schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#')) {
        Some(pointer) => root.pointer(pointer).unwrap_or(schema),
        None => schema,
    };
    let alternatives = ["anyOf", "oneOf", "allOf"].iter().find_map(|key| followed.get(key)?.as_array());
    match alternatives {
        Some(list) => {
            let mut all: Vec<&Value> = list.iter().flat_map(|one| variants(one, root)).collect();
            all.push(followed);
            all
        }
        None => vec![followed],
    }
}

fn path_text(path: &[String]) -> String {
    path.join(".").replace(".[", "[")
}

/// "did you mean ..." when something is near, else all that there is.
fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    known.dedup();
    let best =
        known.iter().map(|name| (strsim::jaro_winkler(key, name), *name)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((score, name)) if score > 0.75 => format!("there is no such key; did you mean `{name}`?"),
        _ => format!("there is no such key; there are {}", known.join(", ")),
    }
}

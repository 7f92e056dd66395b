//! Finds keys that no setting has, and names the nearest right one.
//!
//! A misspelt key that is silently ignored is a setting that silently does not apply, so every key of every file is
//! looked up in the schema that the settings' own types generate.

use serde_json::{Map, Value};

/// A key that does not exist: its path, and what to say about it.
pub(super) struct UnknownKey {
    pub(super) path: String,
    pub(super) hint: String,
}

/// The first key of `value` that `schema` does not know.
pub(super) fn find_unknown(value: &Value, schema: &Value) -> Option<UnknownKey> {
    walk(value, schema, schema, &mut Vec::new())
}

fn walk(value: &Value, schema: &Value, root: &Value, path: &mut Vec<String>) -> Option<UnknownKey> {
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
        // A free map (class names to classes, say): whatever its keys are, its values may still be checked.
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

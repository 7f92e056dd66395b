//! The OpenAPI description: committed, complete, and true to what is served.

use std::collections::BTreeSet;
use std::path::Path;

use ovr_api::{ROUTES, Role, openapi_json};
use ovr_domain::event::Verdict;
use serde_json::Value;

use crate::client::get;
use crate::fixture::{event, start, unread};

/// Set to write the file instead of comparing with it.
const REGENERATE: &str = "OVR_REGENERATE";

fn document() -> Value {
    serde_json::from_str(&openapi_json()).expect("JSON")
}

#[test]
fn the_committed_description_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/openapi.json");
    if std::env::var_os(REGENERATE).is_some() {
        std::fs::write(&path, openapi_json()).expect("write");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == openapi_json(),
        "schemas/openapi.json is out of date: run OVR_REGENERATE=1 cargo test -p ovr-api openapi"
    );
    let server = start(vec![]);
    assert_eq!(server.get("/openapi.json").body, committed.into_bytes());
}

#[test]
fn every_route_is_described_with_its_security_and_its_refusals() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["paths"].as_object().expect("paths").len(), ROUTES.len());
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    for route in &ROUTES {
        let operation = &document["paths"][route.path]["get"];
        let has_exception = operation.get("security").is_some();
        assert_eq!(has_exception, route.roles.is_empty(), "{}", route.path);
        for status in ["200", "400", "401", "413", "414", "415", "429", "500", "503"] {
            assert!(operation["responses"].get(status).is_some(), "{} lacks {status}", route.path);
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, document: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                    let pointer = reference.trim_start_matches('#');
                    assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                }
                members.values().for_each(|member| walk(member, document));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, document)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
}

/// Whether `value` is what `schema` says, with exactly its properties. It knows the part of JSON Schema that the
/// description uses.
fn conforms(value: &Value, schema: &Value, document: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#')).ok_or(reference)?;
        return conforms(value, target, document);
    }
    for keyword in ["anyOf", "oneOf"] {
        if let Some(choices) = schema[keyword].as_array() {
            let fits = choices.iter().any(|choice| conforms(value, choice, document).is_ok());
            return if fits { Ok(()) } else { Err(format!("{value} fits none of {keyword} {schema}")) };
        }
    }
    if schema.get("const").is_some_and(|constant| constant != value) {
        return Err(format!("{value} is not {}", schema["const"]));
    }
    if schema["enum"].as_array().is_some_and(|known| !known.contains(value)) {
        return Err(format!("{value} is none of {}", schema["enum"]));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        Value::Null => return Ok(()),
        one => vec![one.clone()],
    };
    if !kinds.iter().any(|allowed| allowed == kind || (allowed == "number" && kind == "integer")) {
        return Err(format!("{value} is no {kinds:?}"));
    }
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| conforms(item, &schema["items"], document)),
        Value::Object(members) if schema["additionalProperties"].is_object() => members
            .values()
            .try_for_each(|member| conforms(member, &schema["additionalProperties"], document)),
        Value::Object(members) => {
            let described = schema["properties"].as_object().ok_or("no properties")?;
            let keys = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<BTreeSet<_>>();
            if keys(members) != keys(described) {
                let differing: Vec<_> =
                    keys(members).symmetric_difference(&keys(described)).cloned().collect();
                return Err(format!("properties differ: {differing:?}"));
            }
            members.iter().try_for_each(|(name, member)| {
                conforms(member, &described[name], document).map_err(|why| format!("{name}: {why}"))
            })
        }
        _ => Ok(()),
    }
}

#[test]
fn events_have_exactly_the_properties_of_the_schema() {
    let document = document();
    let schema = &document["components"]["schemas"]["PlateEvent"];
    let mut full = event(0, "a", "BAB1234");
    for verdict in [
        Verdict::Valid,
        Verdict::Invalid { reason: "x".to_owned() },
        Verdict::Unchecked { why: "x".to_owned() },
    ] {
        full.verdict = verdict;
        for event in [full.clone(), unread(full.clone())] {
            let value = serde_json::to_value(&event).expect("JSON");
            conforms(&value, schema, &document).expect("as described");
        }
    }
    let mut wrong = serde_json::to_value(&full).expect("JSON");
    wrong["lifecycle"] = "ended".into();
    assert!(conforms(&wrong, schema, &document).is_err(), "the check itself must be able to fail");
}

#[test]
fn cameras_have_exactly_the_properties_of_the_schema() {
    let document = document();
    let server = start(vec![]);
    let auditor = server.token(Role::Auditor, None);
    let schema = &document["components"]["schemas"]["CameraList"];
    for token in [&server.admin, &auditor] {
        let list = get(server.address, "/api/v1/cameras", Some(token)).json();
        assert_eq!(list["cameras"].as_array().map(Vec::len), Some(3));
        conforms(&list, schema, &document).expect("as described");
    }
}

#[test]
fn the_id_of_a_path_is_described_as_what_it_is() {
    let document = document();
    for route in ROUTES.iter().filter(|route| route.path.contains("{id}")) {
        let id = &document["paths"][route.path]["get"]["parameters"][0];
        assert_eq!((id["name"].as_str(), id["in"].as_str()), (Some("id"), Some("path")), "{}", route.path);
        let is_name = id["schema"].get("pattern").is_some();
        assert_eq!(is_name, route.path.contains("cameras"), "{}", route.path);
    }
}

#[test]
fn a_page_has_exactly_the_properties_of_its_schema() {
    let document = document();
    let server = start(vec![event(0, "a", "A1"), event(1, "a", "A2")]);
    for query in ["limit=1", "limit=2"] {
        let page = server.get(&format!("/api/v1/events?{query}")).json();
        let schema = &document["components"]["schemas"]["EventPage"];
        conforms(&page, schema, &document).expect("as described");
    }
}

//! The OpenAPI 3.1 description, made from the table of routes, the limits and the schemas.

use std::ops::RangeInclusive;

use ovr_domain::ids::NAME_BYTES_MAX;
use ovr_domain::query::PAGE_EVENTS_MAX;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use crate::cursor::{CURSOR_CHARS, CURSOR_PATTERN};
use crate::query::{
    CAMERAS_MAX, INCLUDES, LIVE_FPS, LIVE_FPS_DEFAULT, LIVE_PARAMETERS, LIVE_SIDE_PX_DEFAULT, MATCHES,
    PAGE_EVENTS_DEFAULT, PARAMETERS, PLATE_PATTERN_CHARS_MAX, SIDE_PX, STILL_PARAMETERS,
    STILL_SIDE_PX_DEFAULT,
};
use crate::routes::{Operation, ROUTES, Route};
use crate::{problem, schema};

/// The answers that are no success, by status, and what each means.
const REFUSALS: [(u16, &str); 11] = [
    (400, "A parameter or an id is wrong; the detail says which and what would be right"),
    (401, "There is no credential, or it is unknown, expired or revoked"),
    (403, "The credential does not allow this"),
    (404, "There is no such thing, or none that this credential may know of"),
    (410, "The picture was here and has been removed"),
    (413, "The request has a large body; none is taken"),
    (414, "Path and query are too long"),
    (415, "The request has a body; none is taken"),
    (429, "Too many wrong credentials from this address; Retry-After says how long to wait"),
    (500, "Something went wrong here; the log names the cause"),
    (
        503,
        "The store does not answer, a part is not ready, a camera gives no picture, too many are watching, or \
         it took too long",
    ),
];

/// The description as the file `schemas/openapi.json` keeps it, with a line break at its end.
pub fn openapi_json() -> String {
    format!("{:#}\n", document())
}

fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for route in &ROUTES {
        paths.insert(route.path.to_owned(), json!({ "get": operation(route, &mut generator) }));
    }
    let problem = generator.subschema_for::<schema::Problem>();
    let refusals = REFUSALS.iter().map(|(status, meaning)| {
        let content = json!({ problem::PROBLEM_JSON: { "schema": problem } });
        (status.to_string(), json!({ "description": meaning, "content": content }))
    });
    let refusals: Map<_, _> = refusals.collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "OVR-ALPR",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Licence plates that were read, and their pictures. Times are RFC 3339 in UTC.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token of 256 random bits; the first start prints one for an admin.",
            } },
            "responses": refusals,
            "schemas": generator.take_definitions(true),
        },
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    responses.insert("200".to_owned(), success(route.operation, generator));
    for (status, _) in REFUSALS.iter().filter(|(status, _)| may_answer(route, *status)) {
        let reference = format!("#/components/responses/{status}");
        responses.insert(status.to_string(), json!({ "$ref": reference }));
    }
    let mut described = json!({
        "operationId": route.name,
        "summary": route.summary,
        "parameters": parameters(route),
        "responses": responses,
        "x-roles": route.roles,
    });
    if let (true, Some(members)) = (route.roles.is_empty(), described.as_object_mut()) {
        members.insert("security".to_owned(), json!([{}, { "bearer": [] }]));
    }
    described
}

fn may_answer(route: &Route, status: u16) -> bool {
    match status {
        403 => !route.roles.is_empty(),
        404 => route.path.contains("{id}"),
        410 => route.operation == Operation::GetEvidence,
        _ => true,
    }
}

fn success(operation: Operation, generator: &mut SchemaGenerator) -> Value {
    let json_of = |schema: schemars::Schema| json!({ "application/json": { "schema": schema } });
    let content = match operation {
        Operation::SearchEvents => json_of(generator.subschema_for::<schema::EventPage>()),
        Operation::GetEvent => json_of(generator.subschema_for::<schema::PlateEvent>()),
        Operation::Health => json_of(generator.subschema_for::<schema::Health>()),
        Operation::Ready => json_of(generator.subschema_for::<schema::Readiness>()),
        Operation::OpenApi => json!({ "application/json": { "schema": { "type": "object" } } }),
        Operation::ListCameras => json_of(generator.subschema_for::<schema::CameraList>()),
        Operation::GetEvidence | Operation::GetSnapshot => json!({ "image/jpeg": {} }),
        Operation::WatchCamera => json!({ "multipart/x-mixed-replace": { "schema": { "type": "string" } } }),
        Operation::Metrics => json!({ "text/plain": { "schema": { "type": "string" } } }),
    };
    let mut described = json!({ "description": "As asked", "content": content });
    if let (Operation::GetSnapshot, Some(members)) = (operation, described.as_object_mut()) {
        let time = json!({
            "description": "When the picture was taken",
            "schema": { "type": "string", "format": "date-time" },
        });
        members.insert("headers".to_owned(), json!({ "X-Captured-At": time }));
    }
    described
}

fn parameters(route: &Route) -> Vec<Value> {
    let in_path = route.path.contains("{id}").then(|| {
        let schema = match route.operation {
            Operation::GetSnapshot | Operation::WatchCamera => camera_name(),
            _ => json!({ "type": "string", "format": "uuid" }),
        };
        json!({ "name": "id", "in": "path", "required": true, "schema": schema })
    });
    let in_query: Vec<_> = match route.operation {
        Operation::SearchEvents => PARAMETERS.iter().map(|name| query_parameter(name)).collect(),
        Operation::GetSnapshot => {
            STILL_PARAMETERS.iter().map(|name| picture_parameter(name, STILL_SIDE_PX_DEFAULT)).collect()
        }
        Operation::WatchCamera => {
            LIVE_PARAMETERS.iter().map(|name| picture_parameter(name, LIVE_SIDE_PX_DEFAULT)).collect()
        }
        _ => Vec::new(),
    };
    in_path.into_iter().chain(in_query).collect()
}

fn camera_name() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]+$", "maxLength": NAME_BYTES_MAX })
}

fn picture_parameter(name: &str, side_px_default: u32) -> Value {
    let whole = |range: &RangeInclusive<u32>, default: u32| json!({ "type": "integer", "minimum": range.start(), "maximum": range.end(), "default": default });
    let (schema, description) = match name {
        "width" => (
            whole(&SIDE_PX, side_px_default),
            "Longest side of the picture in pixels; a smaller picture is not enlarged",
        ),
        "overlay" => (
            json!({ "type": "boolean", "default": false }),
            "Whether zones, lanes, boxes and plate widths are drawn",
        ),
        _ => (
            whole(&LIVE_FPS, LIVE_FPS_DEFAULT),
            "Pictures a second at most; a picture is sent when it is new",
        ),
    };
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

fn query_parameter(name: &str) -> Value {
    let time = json!({ "type": "string", "format": "date-time" });
    let (schema, description) = match name {
        "from" => (time, "Captured at this time or later"),
        "until" => (time, "Captured before this time"),
        "camera" => {
            let list = json!({ "type": "array", "items": camera_name(), "maxItems": CAMERAS_MAX });
            (list, "Only these cameras: repeated or separated by commas")
        }
        "plate" => {
            let text = json!({ "type": "string", "minLength": 1, "maxLength": PLATE_PATTERN_CHARS_MAX });
            (
                text,
                "Only plates that match; case and separators do not matter. At least one letter, digit or wildcard",
            )
        }
        "match" => {
            let modes = json!({ "type": "string", "enum": MATCHES, "default": "exact" });
            (modes, "How plate is meant; in wildcard * is any run of characters and ? is one")
        }
        "include" => {
            let words = json!({ "type": "string", "enum": INCLUDES });
            let list = json!({ "type": "array", "items": words });
            (list, "Also suppressed repeats, or vehicles that passed unread")
        }
        "limit" => {
            let size = json!({
                "type": "integer", "minimum": 1, "maximum": PAGE_EVENTS_MAX, "default": PAGE_EVENTS_DEFAULT,
            });
            (size, "Events in the page")
        }
        _ => {
            let token = json!({
                "type": "string", "pattern": CURSOR_PATTERN, "minLength": CURSOR_CHARS, "maxLength": CURSOR_CHARS,
            });
            (token, "The next_cursor of the page before")
        }
    };
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

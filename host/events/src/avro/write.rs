//! From the event to an Avro value, in the order of the schema.

use apache_avro::types::Value;
use ovr_domain::event::{
    Attribute, Candidate, Correction, Dedup, EvidenceRef, FormatMatch, PluginFailure, Vehicle, Verdict,
};
use ovr_domain::read::CropQuality;
use ovr_domain::{BBox, Digest, PlateEvent, Quad, Timestamp};
use serde::Serialize;
use uuid::Uuid;

/// The record `PlateEvent`.
pub(super) fn event(event: &PlateEvent) -> Value {
    let mut fields = identity(event);
    fields.extend(plate(event));
    fields.extend(picture(event));
    Value::Record(fields)
}

type Fields = Vec<(String, Value)>;

fn record<const N: usize>(fields: [(&str, Value); N]) -> Fields {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn identity(event: &PlateEvent) -> Fields {
    record([
        ("event_id", id(event.event_id.0)),
        ("revision", number(event.revision)),
        ("lifecycle", symbol(&event.lifecycle)),
        ("site_id", text(event.site_id.as_str())),
        ("camera_id", text(event.camera_id.as_str())),
        ("lane_id", optional(event.lane_id.as_deref().map(text))),
        // Avro has no unsigned numbers; the bits go over unchanged.
        ("track_id", Value::Long(event.track_id.0.cast_signed())),
        ("captured_at", time(event.captured_at)),
        ("clock_synchronised", Value::Boolean(event.clock_synchronised)),
        ("received_at", time(event.received_at)),
        ("first_seen", time(event.first_seen)),
        ("last_seen", time(event.last_seen)),
        ("frames_seen", number(event.frames_seen)),
    ])
}

fn plate(event: &PlateEvent) -> Fields {
    let votes = record([("frames", number(event.votes.frames)), ("agreeing", number(event.votes.agreeing))]);
    record([
        ("plate_observed", optional(event.plate_observed.as_deref().map(text))),
        ("plate_normalized", optional(event.plate_normalized.as_deref().map(text))),
        ("plate_corrected", optional(event.plate_corrected.as_deref().map(text))),
        ("corrections", array(&event.corrections, correction)),
        ("char_confidences", array(&event.char_confidences, |share| Value::Float(*share))),
        ("candidates", array(&event.candidates, candidate)),
        ("confidence", Value::Float(event.confidence)),
        ("votes", Value::Record(votes)),
        ("unread_reason", optional(event.unread_reason.as_ref().map(symbol))),
        ("country", optional(event.country.as_deref().map(text))),
        ("region", optional(event.region.as_deref().map(text))),
        ("format_id", optional(event.format_id.as_deref().map(text))),
        ("verdict", verdict(&event.verdict)),
        ("series", optional(event.series.as_deref().map(text))),
        ("formats", array(&event.formats, format_match)),
    ])
}

fn picture(event: &PlateEvent) -> Fields {
    record([
        ("plate_quad", optional(event.plate_quad.as_ref().map(quad))),
        ("plate_width_px", optional(event.plate_width_px.map(Value::Float))),
        ("vehicle_box", optional(event.vehicle_box.map(bbox))),
        ("vehicle", optional(event.vehicle.map(vehicle))),
        ("direction", optional(event.direction.as_ref().map(symbol))),
        ("quality", optional(event.quality.map(quality))),
        ("evidence", array(&event.evidence, evidence)),
        ("detector_digest", optional(event.detector_digest.as_ref().map(digest))),
        ("reader_digest", optional(event.reader_digest.as_ref().map(digest))),
        ("plugin_digests", array(&event.plugin_digests, digest)),
        ("plugin_failures", array(&event.plugin_failures, plugin_failure)),
        ("attributes", array(&event.attributes, attribute)),
        ("dedup", dedup(&event.dedup)),
    ])
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn number(number: u32) -> Value {
    Value::Long(i64::from(number))
}

fn time(time: Timestamp) -> Value {
    Value::TimestampMicros(time.as_micros())
}

fn id(id: Uuid) -> Value {
    Value::Uuid(id)
}

/// Optional fields are unions of null and one type.
fn optional(value: Option<Value>) -> Value {
    match value {
        None => Value::Union(0, Box::new(Value::Null)),
        Some(value) => Value::Union(1, Box::new(value)),
    }
}

fn array<T>(items: &[T], value: impl Fn(&T) -> Value) -> Value {
    Value::Array(items.iter().map(value).collect())
}

/// An enum's symbol is its name in JSON; Avro finds the number that belongs to it.
fn symbol<T: Serialize>(value: &T) -> Value {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Value::String(name),
        // A name that no enum of the schema has: the writer refuses it.
        _ => Value::Null,
    }
}

fn digest(digest: &Digest) -> Value {
    let pairs = digest.as_str().as_bytes().chunks(2);
    let bytes: Vec<u8> = pairs
        .filter_map(|pair| str::from_utf8(pair).ok())
        .filter_map(|pair| u8::from_str_radix(pair, 16).ok())
        .collect();
    Value::Fixed(bytes.len(), bytes)
}

fn correction(correction: &Correction) -> Value {
    Value::Record(record([
        ("position", number(correction.position)),
        ("from", Value::String(correction.from.into_iter().collect())),
        ("to", Value::String(correction.to.into_iter().collect())),
        ("rule", text(&correction.rule)),
    ]))
}

fn candidate(candidate: &Candidate) -> Value {
    Value::Record(record([("plate", text(&candidate.plate)), ("score", Value::Float(candidate.score))]))
}

fn format_match(found: &FormatMatch) -> Value {
    Value::Record(record([
        ("plate", text(&found.plate)),
        ("country", text(&found.country)),
        ("region", optional(found.region.as_deref().map(text))),
        ("format_id", text(&found.format_id)),
        ("series", text(&found.series)),
        ("score", Value::Float(found.score)),
    ]))
}

fn plugin_failure(failure: &PluginFailure) -> Value {
    Value::Record(record([("plugin", text(&failure.plugin)), ("reason", text(&failure.reason))]))
}

fn attribute(attribute: &Attribute) -> Value {
    Value::Record(record([
        ("key", text(&attribute.key)),
        ("value", text(&attribute.value)),
        ("plugin", text(&attribute.plugin)),
    ]))
}

fn verdict(verdict: &Verdict) -> Value {
    let (kind, reason) = match verdict {
        Verdict::Valid => ("valid", None),
        Verdict::Invalid { reason } => ("invalid", Some(reason)),
        Verdict::Unchecked { why } => ("unchecked", Some(why)),
    };
    Value::Record(record([("kind", text(kind)), ("reason", optional(reason.map(|reason| text(reason))))]))
}

fn quad(quad: &Quad) -> Value {
    let edges = quad.0.iter().flat_map(|corner| [corner.x, corner.y]);
    Value::Array(edges.map(Value::Float).collect())
}

fn bbox(bbox: BBox) -> Value {
    Value::Record(record([
        ("x1", Value::Float(bbox.x1)),
        ("y1", Value::Float(bbox.y1)),
        ("x2", Value::Float(bbox.x2)),
        ("y2", Value::Float(bbox.y2)),
    ]))
}

fn vehicle(vehicle: Vehicle) -> Value {
    Value::Record(record([
        ("class", symbol(&vehicle.class)),
        ("confidence", Value::Float(vehicle.confidence)),
    ]))
}

fn quality(quality: CropQuality) -> Value {
    Value::Record(record([
        ("sharpness", Value::Float(quality.sharpness)),
        ("contrast", Value::Float(quality.contrast)),
        ("exposure", Value::Float(quality.exposure)),
    ]))
}

fn evidence(evidence: &EvidenceRef) -> Value {
    Value::Record(record([
        ("kind", symbol(&evidence.kind)),
        ("id", id(evidence.id.0)),
        ("sha256", digest(&evidence.sha256)),
        ("expires_at", time(evidence.expires_at)),
    ]))
}

fn dedup(dedup: &Dedup) -> Value {
    Value::Record(record([
        ("decision", symbol(&dedup.decision)),
        ("repeats_event_id", optional(dedup.repeats_event_id.map(|event| id(event.0)))),
        ("reason", text(&dedup.reason)),
    ]))
}

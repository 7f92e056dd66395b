//! From an Avro value to the event, by the names of the fields.
#![expect(
    clippy::needless_pass_by_value,
    reason = "every reader of a field has the one signature that `Fields` calls, whether it keeps the value or not"
)]

use std::collections::HashMap;
use std::fmt::Write as _;

use apache_avro::types::Value;
use ovr_domain::event::{
    Attribute, Candidate, Correction, Dedup, DedupDecision, Direction, EvidenceKind, EvidenceRef,
    FormatMatch, Lifecycle, PluginFailure, UnreadReason, Vehicle, Verdict, Votes,
};
use ovr_domain::read::CropQuality;
use ovr_domain::{
    BBox, CameraId, Class, Digest, EventId, EvidenceId, PlateEvent, Point, Quad, SiteId, Timestamp, TrackId,
};
use serde::de::DeserializeOwned;

use super::AvroError;

type Read<T> = Result<T, AvroError>;

/// The event in the record `PlateEvent` of any version.
pub(super) fn event(value: Value) -> Read<PlateEvent> {
    let mut fields = Fields::of("event", value)?;
    let f = &mut fields;
    Ok(PlateEvent {
        event_id: EventId(f.required("event_id", uuid)?),
        revision: f.required("revision", number)?,
        lifecycle: f.required("lifecycle", |name, value| symbol(name, value, Lifecycle::Update))?,
        site_id: f.required("site_id", |name, value| parsed(name, value, SiteId::new))?,
        camera_id: f.required("camera_id", |name, value| parsed(name, value, CameraId::new))?,
        lane_id: f.optional("lane_id", text)?,
        track_id: TrackId(f.required("track_id", long)?.cast_unsigned()),
        captured_at: f.required("captured_at", time)?,
        clock_synchronised: f.required("clock_synchronised", flag)?,
        received_at: f.required("received_at", time)?,
        first_seen: f.required("first_seen", time)?,
        last_seen: f.required("last_seen", time)?,
        frames_seen: f.required("frames_seen", number)?,
        plate_observed: f.optional("plate_observed", text)?,
        plate_normalized: f.optional("plate_normalized", text)?,
        plate_corrected: f.optional("plate_corrected", text)?,
        corrections: f.list("corrections", correction)?,
        char_confidences: f.list("char_confidences", float)?,
        candidates: f.list("candidates", candidate)?,
        confidence: f.required("confidence", float)?,
        votes: f.required("votes", votes)?,
        unread_reason: f
            .optional("unread_reason", |name, value| symbol(name, value, UnreadReason::NoConsensus))?,
        country: f.optional("country", text)?,
        region: f.optional("region", text)?,
        format_id: f.optional("format_id", text)?,
        verdict: f.required("verdict", verdict)?,
        series: f.optional("series", text)?,
        formats: f.list("formats", format_match)?,
        plate_quad: f.optional("plate_quad", quad)?,
        plate_width_px: f.optional("plate_width_px", float)?,
        vehicle_box: f.optional("vehicle_box", bbox)?,
        vehicle: f.optional("vehicle", vehicle)?,
        direction: f.optional("direction", |name, value| symbol(name, value, Direction::Stationary))?,
        quality: f.optional("quality", quality)?,
        evidence: f.list("evidence", evidence)?,
        detector_digest: f.optional("detector_digest", digest)?,
        reader_digest: f.optional("reader_digest", digest)?,
        plugin_digests: f.list("plugin_digests", digest)?,
        plugin_failures: f.list("plugin_failures", plugin_failure)?,
        attributes: f.list("attributes", attribute)?,
        dedup: f.required("dedup", dedup)?,
    })
}

/// The fields of one record; each is taken out once.
struct Fields {
    record: &'static str,
    values: HashMap<String, Value>,
}

impl Fields {
    fn of(record: &'static str, value: Value) -> Read<Self> {
        match value {
            Value::Record(fields) => Ok(Self { record, values: fields.into_iter().collect() }),
            _ => Err(wrong(record, "expected a record")),
        }
    }

    fn required<T>(&mut self, name: &'static str, read: impl Fn(&'static str, Value) -> Read<T>) -> Read<T> {
        let value = self.values.remove(name);
        let value = value.ok_or_else(|| wrong(name, &format!("missing in {}", self.record)))?;
        read(name, value)
    }

    fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&'static str, Value) -> Read<T>,
    ) -> Read<Option<T>> {
        match self.values.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Union(_, inner)) if *inner == Value::Null => Ok(None),
            Some(Value::Union(_, inner)) => read(name, *inner).map(Some),
            Some(value) => read(name, value).map(Some),
        }
    }

    fn list<T>(&mut self, name: &'static str, read: impl Fn(&'static str, Value) -> Read<T>) -> Read<Vec<T>> {
        match self.values.remove(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items.into_iter().map(|item| read(name, item)).collect(),
            Some(_) => Err(wrong(name, "expected an array")),
        }
    }
}

fn wrong(field: &'static str, reason: &str) -> AvroError {
    AvroError::Field { field, reason: reason.to_owned() }
}

fn text(name: &'static str, value: Value) -> Read<String> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(wrong(name, "expected a text")),
    }
}

fn parsed<T, E: std::fmt::Display>(
    name: &'static str,
    value: Value,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Read<T> {
    parse(&text(name, value)?).map_err(|error| wrong(name, &error.to_string()))
}

/// One character, or none in an empty text.
fn character(name: &'static str, value: Value) -> Read<Option<char>> {
    let text = text(name, value)?;
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (character, None) => Ok(character),
        _ => Err(wrong(name, "expected at most one character")),
    }
}

fn long(name: &'static str, value: Value) -> Read<i64> {
    match value {
        Value::Long(number) => Ok(number),
        Value::Int(number) => Ok(i64::from(number)),
        _ => Err(wrong(name, "expected a number")),
    }
}

fn number(name: &'static str, value: Value) -> Read<u32> {
    let number = long(name, value)?;
    u32::try_from(number).map_err(|_| wrong(name, &format!("{number} is not between 0 and {}", u32::MAX)))
}

fn float(name: &'static str, value: Value) -> Read<f32> {
    match value {
        Value::Float(number) => Ok(number),
        _ => Err(wrong(name, "expected a float")),
    }
}

fn flag(name: &'static str, value: Value) -> Read<bool> {
    match value {
        Value::Boolean(flag) => Ok(flag),
        _ => Err(wrong(name, "expected true or false")),
    }
}

fn time(name: &'static str, value: Value) -> Read<Timestamp> {
    match value {
        Value::TimestampMicros(micros) | Value::Long(micros) => Ok(Timestamp::from_micros(micros)),
        _ => Err(wrong(name, "expected a time in microseconds")),
    }
}

fn uuid(name: &'static str, value: Value) -> Read<uuid::Uuid> {
    match value {
        Value::Uuid(id) => Ok(id),
        _ => Err(wrong(name, "expected a UUID")),
    }
}

/// A symbol that this version does not know stands for `default`, as the schema says.
fn symbol<T: DeserializeOwned>(name: &'static str, value: Value, default: T) -> Read<T> {
    match value {
        Value::Enum(_, symbol) => Ok(serde_json::from_value(symbol.into()).unwrap_or(default)),
        _ => Err(wrong(name, "expected a symbol")),
    }
}

fn digest(name: &'static str, value: Value) -> Read<Digest> {
    let Value::Fixed(32, bytes) = value else {
        return Err(wrong(name, "expected 32 bytes"));
    };
    let mut digits = String::with_capacity(64);
    for byte in bytes {
        // Writing to a text cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    Digest::try_from(digits).map_err(|error| wrong(name, &error.to_string()))
}

fn correction(_: &'static str, value: Value) -> Read<Correction> {
    let mut fields = Fields::of("corrections", value)?;
    Ok(Correction {
        position: fields.required("position", number)?,
        from: fields.required("from", character)?,
        to: fields.required("to", character)?,
        rule: fields.required("rule", text)?,
    })
}

fn candidate(_: &'static str, value: Value) -> Read<Candidate> {
    let mut fields = Fields::of("candidates", value)?;
    Ok(Candidate { plate: fields.required("plate", text)?, score: fields.required("score", float)? })
}

fn format_match(_: &'static str, value: Value) -> Read<FormatMatch> {
    let mut fields = Fields::of("formats", value)?;
    Ok(FormatMatch {
        plate: fields.required("plate", text)?,
        country: fields.required("country", text)?,
        region: fields.optional("region", text)?,
        format_id: fields.required("format_id", text)?,
        series: fields.required("series", text)?,
        score: fields.required("score", float)?,
    })
}

fn plugin_failure(_: &'static str, value: Value) -> Read<PluginFailure> {
    let mut fields = Fields::of("plugin_failures", value)?;
    Ok(PluginFailure { plugin: fields.required("plugin", text)?, reason: fields.required("reason", text)? })
}

fn attribute(_: &'static str, value: Value) -> Read<Attribute> {
    let mut fields = Fields::of("attributes", value)?;
    Ok(Attribute {
        key: fields.required("key", text)?,
        value: fields.required("value", text)?,
        plugin: fields.required("plugin", text)?,
    })
}

fn votes(_: &'static str, value: Value) -> Read<Votes> {
    let mut fields = Fields::of("votes", value)?;
    Ok(Votes { frames: fields.required("frames", number)?, agreeing: fields.required("agreeing", number)? })
}

fn verdict(_: &'static str, value: Value) -> Read<Verdict> {
    let mut fields = Fields::of("verdict", value)?;
    let kind = fields.required("kind", |name, value| match value {
        Value::Enum(_, symbol) => Ok(symbol),
        _ => Err(wrong(name, "expected a symbol")),
    })?;
    let reason = fields.optional("reason", text)?.unwrap_or_default();
    Ok(match kind.as_str() {
        "valid" => Verdict::Valid,
        "invalid" => Verdict::Invalid { reason },
        _ => Verdict::Unchecked { why: reason },
    })
}

fn quad(name: &'static str, value: Value) -> Read<Quad> {
    let Value::Array(items) = value else {
        return Err(wrong(name, "expected an array"));
    };
    let edges = items.into_iter().map(|item| float(name, item)).collect::<Read<Vec<f32>>>()?;
    let [x1, y1, x2, y2, x3, y3, x4, y4] = edges[..] else {
        return Err(wrong(name, &format!("expected 8 numbers, found {}", edges.len())));
    };
    Ok(Quad([Point { x: x1, y: y1 }, Point { x: x2, y: y2 }, Point { x: x3, y: y3 }, Point { x: x4, y: y4 }]))
}

fn bbox(_: &'static str, value: Value) -> Read<BBox> {
    let mut fields = Fields::of("vehicle_box", value)?;
    Ok(BBox {
        x1: fields.required("x1", float)?,
        y1: fields.required("y1", float)?,
        x2: fields.required("x2", float)?,
        y2: fields.required("y2", float)?,
    })
}

fn vehicle(_: &'static str, value: Value) -> Read<Vehicle> {
    let mut fields = Fields::of("vehicle", value)?;
    Ok(Vehicle {
        class: fields.required("class", |name, value| symbol(name, value, Class::Car))?,
        confidence: fields.required("confidence", float)?,
    })
}

fn quality(_: &'static str, value: Value) -> Read<CropQuality> {
    let mut fields = Fields::of("quality", value)?;
    Ok(CropQuality {
        sharpness: fields.required("sharpness", float)?,
        contrast: fields.required("contrast", float)?,
        exposure: fields.required("exposure", float)?,
    })
}

fn evidence(_: &'static str, value: Value) -> Read<EvidenceRef> {
    let mut fields = Fields::of("evidence", value)?;
    Ok(EvidenceRef {
        kind: fields.required("kind", |name, value| symbol(name, value, EvidenceKind::Scene))?,
        id: EvidenceId(fields.required("id", uuid)?),
        sha256: fields.required("sha256", digest)?,
        expires_at: fields.required("expires_at", time)?,
    })
}

fn dedup(_: &'static str, value: Value) -> Read<Dedup> {
    let mut fields = Fields::of("dedup", value)?;
    Ok(Dedup {
        decision: fields.required("decision", |name, value| symbol(name, value, DedupDecision::Emit))?,
        repeats_event_id: fields.optional("repeats_event_id", uuid)?.map(EventId),
        reason: fields.required("reason", text)?,
    })
}

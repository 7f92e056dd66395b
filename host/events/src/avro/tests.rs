use apache_avro::schema_compatibility::SchemaCompatibility;
use ovr_domain::event::UnreadReason;
use proptest::collection::vec;
use proptest::prelude::*;

use super::arbitrary::{events, usual};
use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_event_comes_back_as_it_went(event in events()) {
        let bytes = encode(&event).unwrap();
        prop_assert_eq!(decode(&bytes).unwrap(), event);
    }

    #[test]
    fn arbitrary_bytes_behind_a_right_header_never_panic(tail in vec(any::<u8>(), 0..600)) {
        let mut bytes = MARKER.to_vec();
        bytes.extend_from_slice(&schema_fingerprint().unwrap().to_le_bytes());
        bytes.extend_from_slice(&tail);
        let _ = decode(&bytes);
        let _ = decode(&tail);
    }

    #[test]
    fn a_changed_byte_gives_an_event_or_an_error(position in 0_usize..600, change in 1_u8..=255) {
        let mut bytes = encode(&usual()).unwrap();
        let length = bytes.len();
        bytes[position % length] ^= change;
        let _ = decode(&bytes);
    }
}

#[test]
fn a_datum_that_is_cut_short_is_never_an_event() {
    let bytes = encode(&usual()).unwrap();
    for length in 0..bytes.len() {
        assert!(decode(&bytes[..length]).is_err(), "{length} of {} bytes were taken", bytes.len());
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(matches!(decode(&longer), Err(AvroError::Datum { .. })));
}

#[test]
fn not_a_number_and_infinity_survive() {
    let mut event = usual();
    event.char_confidences = vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE, -0.0];
    let back = decode(&encode(&event).unwrap()).unwrap();
    let bits = |event: &PlateEvent| event.char_confidences.iter().map(|f| f.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&back), bits(&event));
}

#[test]
fn an_announced_length_of_gigabytes_is_refused_without_the_memory() {
    let mut bytes = MARKER.to_vec();
    bytes.extend_from_slice(&schema_fingerprint().unwrap().to_le_bytes());
    bytes.extend_from_slice(&[0xFE, 0xFF, 0xFF, 0xFF, 0x1F]);
    assert!(matches!(decode(&bytes), Err(AvroError::Datum { .. })));
    assert!(matches!(decode(&vec![0; EVENT_BYTES_MAX + 1]), Err(AvroError::TooLarge { .. })));
}

#[test]
fn an_unknown_writer_is_named_by_its_fingerprint() {
    let mut bytes = encode(&usual()).unwrap();
    bytes[2..10].copy_from_slice(&0xABCD_u64.to_le_bytes());
    assert_eq!(decode(&bytes), Err(AvroError::UnknownWriter { fingerprint: 0xABCD }));
    assert!(matches!(decode(b"{}"), Err(AvroError::Header { .. })));
}

#[test]
fn the_schema_names_and_documents_every_field_of_the_event() {
    let event = serde_json::to_value(usual()).unwrap();
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let fields = schema["fields"].as_array().unwrap();
    let names: Vec<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
    for name in event.as_object().unwrap().keys() {
        assert!(names.contains(&name.as_str()), "{name} is not in the schema");
    }
    assert_eq!(names.len(), event.as_object().unwrap().len());
    assert!(fields.iter().all(|field| field["doc"].as_str().is_some_and(|doc| !doc.is_empty())));
    assert_eq!(names.last(), Some(&"dedup"));
}

/// A change of this number means that the schema changed: keep the text that was, give it to [`EventCodec::new`] as
/// an older schema, and only then write the new number down.
#[test]
fn the_fingerprint_of_the_shipped_schema_is_known() {
    assert_eq!(format!("{:016x}", schema_fingerprint().unwrap()), "6b94aecf2fc731dd");
}

fn next_version() -> String {
    let field = r#"{"name": "lane_count", "doc": "Lanes.", "type": ["null", "long"], "default": null},
    {"name": "dedup""#;
    SCHEMA
        .replace(r#"{"name": "dedup""#, field)
        .replace(r#""no_plate_seen"]"#, r#""no_plate_seen", "lens_covered"]"#)
}

#[test]
fn a_later_version_and_this_one_read_each_other() {
    let (now, later) = (parse(SCHEMA).unwrap(), parse(&next_version()).unwrap());
    assert_ne!(fingerprint(&now), fingerprint(&later));
    assert!(SchemaCompatibility::can_read(&now, &later).is_ok());
    assert!(SchemaCompatibility::can_read(&later, &now).is_ok());

    let codec = EventCodec::new(SCHEMA, &[&next_version()]).unwrap();
    let mut value = match write::event(&usual()) {
        apache_avro::types::Value::Record(fields) => fields,
        other => panic!("{other:?}"),
    };
    let union = |inner| apache_avro::types::Value::Union(1, Box::new(inner));
    for (name, field) in &mut value {
        if name == "unread_reason" {
            *field = union(apache_avro::types::Value::String("lens_covered".into()));
        }
    }
    let dedup = value.pop().unwrap();
    value.push(("lane_count".into(), union(apache_avro::types::Value::Long(3))));
    value.push(dedup);
    let mut bytes = MARKER.to_vec();
    bytes.extend_from_slice(&fingerprint(&later).to_le_bytes());
    let writer = GenericDatumWriter::builder(&later).build().unwrap();
    writer.write_value(&mut bytes, apache_avro::types::Value::Record(value)).unwrap();
    let event = codec.decode(&bytes).unwrap();
    assert_eq!(event.unread_reason, Some(UnreadReason::NoConsensus));
    assert_eq!(event.plate_observed, usual().plate_observed);
}

#[test]
fn what_an_earlier_version_spooled_is_read() {
    let now = parse(SCHEMA).unwrap();
    for text in OLDER_SCHEMAS {
        let older = parse(text).unwrap();
        assert!(SchemaCompatibility::can_read(&older, &now).is_ok());
        assert!(SchemaCompatibility::can_read(&now, &older).is_ok());
        let mut event = usual();
        event.dedup.reason = "as it was then".to_owned();
        let apache_avro::types::Value::Record(mut fields) = write::event(&event) else { panic!("no record") };
        let known: serde_json::Value = serde_json::from_str(text).unwrap();
        let names: Vec<&str> =
            known["fields"].as_array().unwrap().iter().filter_map(|f| f["name"].as_str()).collect();
        fields.retain(|(name, _)| names.contains(&name.as_str()));
        let mut bytes = MARKER.to_vec();
        bytes.extend_from_slice(&fingerprint(&older).to_le_bytes());
        let writer = GenericDatumWriter::builder(&older).build().unwrap();
        writer.write_value(&mut bytes, apache_avro::types::Value::Record(fields)).unwrap();
        assert_eq!(decode(&bytes).unwrap(), event);
    }
}

#[test]
fn avro_takes_less_than_half_of_the_json() {
    let json = serde_json::to_vec(&usual()).unwrap().len();
    let avro = encode(&usual()).unwrap().len();
    println!("json {json} bytes, avro {avro} bytes");
    assert!(avro * 2 < json, "avro {avro}, json {json}");
}

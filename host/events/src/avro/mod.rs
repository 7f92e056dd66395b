//! The event as Avro bytes.
//!
//! Bytes are in Avro's single-object encoding (specification 1.12, "Single-object encoding"): `C3 01`, the writer
//! schema's CRC-64-AVRO fingerprint (8 bytes, little endian), then the datum. The fingerprint tells a writer that
//! this program does not know from one that it knows; an unknown one is an error with a name, never a guess.
//!
//! A datum is decoded with its writer's schema and then read field by field *by name*: a field that the writer did
//! not have gets the default of `schemas/plate_event.avsc`, a field that this program does not know is passed over,
//! and a symbol that it does not know becomes the enum's default.

#[cfg(test)]
mod arbitrary;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::sync::{Once, OnceLock};

use apache_avro::Schema;
use apache_avro::rabin::Rabin;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use ovr_domain::PlateEvent;

/// The schema that events are written with.
pub const SCHEMA: &str = include_str!("../../../../schemas/plate_event.avsc");

/// Schemas that wrote events before, the oldest first: a spool that an earlier version filled is read all the same.
pub const OLDER_SCHEMAS: &[&str] = &[include_str!("../../../../schemas/older/plate_event-1.avsc")];

/// Longest encoded event in bytes, header included. A real one has about 1,000.
pub const EVENT_BYTES_MAX: usize = 256 * 1024;

/// Most memory for one length that hostile bytes announce.
const ALLOCATION_BYTES_MAX: usize = 4 * 1024 * 1024;

const MARKER: [u8; 2] = [0xC3, 0x01];
const HEADER_BYTES: usize = 10;

/// Bytes are no event, or an event cannot become bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AvroError {
    /// The bytes do not begin with Avro's single-object header.
    #[error("no Avro single-object header: expected C3 01 and a schema fingerprint, found {found}")]
    Header {
        /// The first bytes in hexadecimal.
        found: String,
    },
    /// A schema that this program does not know wrote the bytes.
    #[error("written with the unknown schema {fingerprint:016x}: upgrade this program to one that knows it")]
    UnknownWriter {
        /// CRC-64-AVRO of the writer's schema.
        fingerprint: u64,
    },
    /// More bytes than any event has.
    #[error("{bytes} bytes are too many for an event: the limit is {EVENT_BYTES_MAX}")]
    TooLarge {
        /// How many there are.
        bytes: usize,
    },
    /// The datum does not follow its schema.
    #[error("the Avro datum does not follow its schema: {reason}")]
    Datum {
        /// What Avro says.
        reason: String,
    },
    /// The datum follows its schema, but a field is none that an event can have.
    #[error("field {field} of the event: {reason}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A schema is not valid.
    #[error("the Avro schema is not valid: {reason}")]
    Schema {
        /// What Avro says.
        reason: String,
    },
}

/// Encodes and decodes events: the current schema, and every schema that ever wrote one.
#[derive(Debug)]
pub struct EventCodec {
    writer: Schema,
    fingerprint: u64,
    known: Vec<(u64, Schema)>,
}

impl EventCodec {
    /// Writes with `current`, reads what `current` and the `older` schemas wrote.
    pub fn new(current: &str, older: &[&str]) -> Result<Self, AvroError> {
        // The default of the library is 512 MiB, which a message of 20 bytes could ask for.
        static LIMIT: Once = Once::new();
        LIMIT.call_once(|| {
            apache_avro::util::max_allocation_bytes(ALLOCATION_BYTES_MAX);
        });
        let writer = parse(current)?;
        let fingerprint = fingerprint(&writer);
        let mut known = vec![(fingerprint, writer.clone())];
        for text in older {
            let schema = parse(text)?;
            known.push((self::fingerprint(&schema), schema));
        }
        Ok(Self { writer, fingerprint, known })
    }

    /// The event as single-object Avro.
    pub fn encode(&self, event: &PlateEvent) -> Result<Vec<u8>, AvroError> {
        let mut bytes = Vec::with_capacity(1024);
        bytes.extend_from_slice(&MARKER);
        bytes.extend_from_slice(&self.fingerprint.to_le_bytes());
        GenericDatumWriter::builder(&self.writer)
            .build()
            .and_then(|writer| writer.write_value(&mut bytes, write::event(event)))
            .map_err(|error| datum(&error))?;
        check_size(&bytes)?;
        Ok(bytes)
    }

    /// The event that [`EventCodec::encode`] of this or another version made bytes of. Never panics, whatever the
    /// bytes are, and takes memory in proportion to [`EVENT_BYTES_MAX`].
    pub fn decode(&self, bytes: &[u8]) -> Result<PlateEvent, AvroError> {
        check_size(bytes)?;
        let (fingerprint, mut rest) = split_header(bytes)?;
        let known = self.known.iter().find(|(number, _)| *number == fingerprint);
        let (_, schema) = known.ok_or(AvroError::UnknownWriter { fingerprint })?;
        let value = GenericDatumReader::builder(schema)
            .build()
            .and_then(|reader| reader.read_value(&mut rest))
            .map_err(|error| datum(&error))?;
        if !rest.is_empty() {
            let reason = format!("{} bytes follow its end", rest.len());
            return Err(AvroError::Datum { reason });
        }
        read::event(value)
    }
}

/// The event as Avro bytes, written with the schema that ships.
pub fn encode(event: &PlateEvent) -> Result<Vec<u8>, AvroError> {
    shipped()?.encode(event)
}

/// The event out of Avro bytes, see [`EventCodec::decode`].
pub fn decode(bytes: &[u8]) -> Result<PlateEvent, AvroError> {
    shipped()?.decode(bytes)
}

/// CRC-64-AVRO of the schema that ships.
pub fn schema_fingerprint() -> Result<u64, AvroError> {
    shipped().map(|codec| codec.fingerprint)
}

fn shipped() -> Result<&'static EventCodec, AvroError> {
    static CODEC: OnceLock<Result<EventCodec, AvroError>> = OnceLock::new();
    CODEC.get_or_init(|| EventCodec::new(SCHEMA, OLDER_SCHEMAS)).as_ref().map_err(Clone::clone)
}

fn parse(text: &str) -> Result<Schema, AvroError> {
    Schema::parse_str(text).map_err(|error| AvroError::Schema { reason: error.to_string() })
}

fn fingerprint(schema: &Schema) -> u64 {
    let bytes = schema.fingerprint::<Rabin>().bytes;
    // CRC-64-AVRO is 8 bytes, little endian.
    let mut number = [0; 8];
    for (to, from) in number.iter_mut().zip(bytes) {
        *to = from;
    }
    u64::from_le_bytes(number)
}

fn split_header(bytes: &[u8]) -> Result<(u64, &[u8]), AvroError> {
    let refused = || {
        let start = bytes.get(..HEADER_BYTES).unwrap_or(bytes);
        let found = format!("{start:02X?}");
        AvroError::Header { found }
    };
    let after_marker = bytes.strip_prefix(&MARKER).ok_or_else(refused)?;
    let (number, rest) = after_marker.split_first_chunk::<8>().ok_or_else(refused)?;
    Ok((u64::from_le_bytes(*number), rest))
}

fn check_size(bytes: &[u8]) -> Result<(), AvroError> {
    if bytes.len() > EVENT_BYTES_MAX {
        return Err(AvroError::TooLarge { bytes: bytes.len() });
    }
    Ok(())
}

fn datum(error: &apache_avro::Error) -> AvroError {
    // What Avro says may quote the whole datum; the reason ends up in dead letters and logs, so it is kept short.
    let reason = error.to_string().chars().take(200).collect();
    AvroError::Datum { reason }
}

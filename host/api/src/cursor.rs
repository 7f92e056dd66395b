//! The page token: the keyset of [`Cursor`] as opaque text.
//!
//! Layout before base64url: version (1 byte), `captured_at` in microseconds (8 bytes, big-endian), `event_id` (16
//! bytes). It carries no filter and grants nothing: cameras are restricted by the credential on every page anew, so a
//! forged token only starts a list somewhere else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ovr_domain::query::Cursor;
use ovr_domain::{EventId, Timestamp};
use uuid::Uuid;

const VERSION: u8 = 1;
const BYTES: usize = 25;

/// Length of a page token, in characters.
pub(crate) const CURSOR_CHARS: usize = 34;

/// Every token and nothing else, as a regular expression: the version gives the first six bits, the last character
/// carries only two.
pub(crate) const CURSOR_PATTERN: &str = "^A[Q-Za-f][A-Za-z0-9_-]{31}[AQgw]$";

/// The token of a cursor.
pub(crate) fn encode(cursor: Cursor) -> String {
    let mut bytes = Vec::with_capacity(BYTES);
    bytes.push(VERSION);
    bytes.extend_from_slice(&cursor.captured_at.as_micros().to_be_bytes());
    bytes.extend_from_slice(cursor.event_id.0.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The cursor of a token; nothing when the text is no token of ours.
pub(crate) fn decode(text: &str) -> Option<Cursor> {
    if text.len() != CURSOR_CHARS {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (version, rest) = bytes.split_first()?;
    let (micros, id) = rest.split_first_chunk::<8>()?;
    let id = Uuid::from_slice(id).ok()?;
    let captured_at = Timestamp::from_micros(i64::from_be_bytes(*micros));
    (*version == VERSION).then_some(Cursor { captured_at, event_id: EventId(id) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_token_gives_its_cursor_back(micros in any::<i64>(), id in any::<u128>()) {
            let cursor =
                Cursor { captured_at: Timestamp::from_micros(micros), event_id: EventId(Uuid::from_u128(id)) };
            let token = encode(cursor);
            prop_assert_eq!(token.len(), CURSOR_CHARS);
            prop_assert_eq!(decode(&token), Some(cursor));
        }

        #[test]
        fn the_pattern_tells_every_token(token in CURSOR_PATTERN.trim_matches(['^', '$'])) {
            prop_assert!(decode(&token).is_some());
        }

        #[test]
        fn any_other_text_is_refused_and_none_panics(text in ".{0,80}") {
            if let Some(cursor) = decode(&text) {
                prop_assert_eq!(encode(cursor), text, "one cursor has one token");
            }
        }
    }

    #[test]
    fn another_version_is_refused() {
        let token = URL_SAFE_NO_PAD.encode([2_u8; BYTES]);
        assert_eq!(decode(&token), None);
    }
}

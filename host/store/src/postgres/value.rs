//! Values as PostgreSQL's binary format has them.

use std::borrow::Cow;
use std::error::Error;

use bytes::{BufMut as _, BytesMut};
use ovr_domain::Timestamp;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

/// 2000-01-01T00:00:00Z, from which PostgreSQL counts microseconds.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// The first and the last instant that `timestamptz` holds (src/include/datatype/timestamp.h).
const FIRST: i64 = -211_813_488_000_000_000;
const LAST: i64 = 9_223_371_331_199_999_999;

/// Longest text of a searched column, in characters. An index takes no entry above 2,704 bytes, and no plate is as long.
pub(super) const SEARCHED_CHARS_MAX: usize = 256;

/// A `timestamptz`; stays at the nearest instant that there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instant(pub(super) Timestamp);

impl ToSql for Instant {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_i64(self.0.as_micros().saturating_sub(EPOCH_MICROS).clamp(FIRST, LAST));
        Ok(IsNull::No)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl FromSql<'_> for Instant {
    fn from_sql(_: &Type, bytes: &[u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let micros = i64::from_be_bytes(bytes.try_into()?);
        Ok(Self(Timestamp::from_micros(micros.saturating_add(EPOCH_MICROS))))
    }

    accepts!(TIMESTAMPTZ);
}

/// A `json` that is one already.
#[derive(Debug)]
pub(super) struct Json<'a>(pub(super) &'a str);

impl ToSql for Json<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    accepts!(JSON);
    to_sql_checked!();
}

/// A text as a column takes it: PostgreSQL's hold everything but U+0000.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{FFFD}")) } else { Cow::Borrowed(text) }
}

/// Likewise, and short enough for an index.
pub(super) fn searched(plate: &str) -> Cow<'_, str> {
    match plate.char_indices().nth(SEARCHED_CHARS_MAX) {
        Some((end, _)) => Cow::Owned(text(plate.get(..end).unwrap_or_default()).into_owned()),
        None => text(plate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_their_columns() {
        assert_eq!(text("A\0B"), "A\u{FFFD}B");
        assert!(matches!(text("AB"), Cow::Borrowed("AB")));
        assert_eq!(searched(&"Ü".repeat(1_000)).chars().count(), SEARCHED_CHARS_MAX);
        assert_eq!(searched("AB"), "AB");
    }

    #[test]
    fn instants_count_from_the_year_2000_and_never_leave_the_range() {
        let of = |micros| {
            let mut out = BytesMut::new();
            Instant(Timestamp::from_micros(micros)).to_sql(&Type::TIMESTAMPTZ, &mut out).unwrap();
            i64::from_be_bytes(out.as_ref().try_into().unwrap())
        };
        assert_eq!(of(EPOCH_MICROS + 1), 1);
        assert_eq!(of(i64::MIN), FIRST);
        assert_eq!(of(i64::MAX), i64::MAX - EPOCH_MICROS);
    }
}

//! What an error of the server means: that it may pass, or that a person must look.

use std::error::Error as _;

use ovr_domain::port::StoreError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// Classes of errors (PostgreSQL manual, appendix A) that a second attempt does not mend: an event that the schema does
/// not take (22, 23), and a schema that is not ours or not open to us (3F, 42).
const CLASSES_UNUSABLE: [&str; 4] = ["22", "23", "3F", "42"];

/// Everything else (no server, no room, no time, a deadlock, a password that was changed) may pass, and what was
/// accepted waits for it.
pub(super) fn failed(error: &Error) -> StoreError {
    let reason = said(error);
    let Some(code) = error.code() else {
        return StoreError::Unavailable { reason };
    };
    if *code == SqlState::DATA_CORRUPTED || *code == SqlState::INDEX_CORRUPTED {
        return StoreError::Unusable { reason: format!("{reason}; restore it from a copy, or mend it") };
    }
    if CLASSES_UNUSABLE.iter().any(|class| code.code().starts_with(class)) {
        return StoreError::Unusable { reason: format!("its schema does not take a statement: {reason}") };
    }
    StoreError::Unavailable { reason }
}

/// Whether somebody has to change something before the server lets us in: user, password, database, encryption.
pub(super) fn is_refusal(error: &Error) -> bool {
    match error.code() {
        Some(code) => code.code().starts_with("28") || code.code().starts_with("3D"),
        // The client's own words for a password that is asked for and was not given; it has no kind to ask for.
        None => error.to_string().starts_with("invalid configuration"),
    }
}

/// The error in one line. Details are left out: they quote rows, and rows hold plates.
pub(super) fn said(error: &Error) -> String {
    if let Some(refused) = error.as_db_error() {
        return format!("{} ({})", refused.message().replace('\n', " "), refused.code().code());
    }
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text.replace('\n', " ")
}

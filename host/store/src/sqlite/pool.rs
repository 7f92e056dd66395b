//! A few connections, each used by one blocking task at a time, with a deadline on every use.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ovr_domain::port::StoreError;
use rusqlite::{Connection, ErrorCode};
use tokio::sync::Semaphore;

#[derive(Debug)]
pub(super) struct Pool {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    pub(super) fn new(connections: Vec<Connection>) -> Arc<Self> {
        Arc::new(Self { permits: Arc::new(Semaphore::new(connections.len())), idle: Mutex::new(connections) })
    }

    /// Runs `work` on a connection, off the async threads. Past the deadline the statement is interrupted, so that
    /// nothing runs on behind an answer that was given.
    pub(super) async fn run<T, W>(self: &Arc<Self>, deadline: Duration, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let waited = tokio::time::timeout(deadline, Arc::clone(&self.permits).acquire_owned()).await;
        let Ok(Ok(permit)) = waited else {
            return Err(unavailable("every connection is busy"));
        };
        let taken = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = taken.ok_or_else(lost)?;
        let interrupt = connection.get_interrupt_handle();
        let pool = Arc::clone(self);
        let mut task = tokio::task::spawn_blocking(move || {
            let result = work(&mut connection);
            pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            drop(permit);
            result
        });
        match tokio::time::timeout(deadline, &mut task).await {
            Ok(Ok(result)) => result.map_err(|error| failed(&error)),
            Ok(Err(error)) if error.is_panic() => Err(lost()),
            Ok(Err(error)) => Err(unavailable(&format!("its task ended: {error}"))),
            Err(_) => {
                interrupt.interrupt();
                Err(unavailable(&format!("no answer within {} s", deadline.as_secs())))
            }
        }
    }
}

fn unavailable(reason: &str) -> StoreError {
    StoreError::Unavailable { reason: reason.to_owned() }
}

/// The task that had the connection panicked, and the connection went with it: only a new start brings it back.
fn lost() -> StoreError {
    StoreError::Unusable { reason: "a connection was lost to a panic; start again".to_owned() }
}

/// A file that is damaged stays so, and what its schema does not take it never will; everything else (full, busy,
/// unreadable for now) may pass.
fn failed(error: &rusqlite::Error) -> StoreError {
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Unusable {
            reason: format!("{reason}; restore it from a copy, or move it away to start an empty one"),
        },
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig) => {
            StoreError::Unusable { reason: format!("its schema does not take an event: {reason}") }
        }
        _ => StoreError::Unavailable { reason },
    }
}

//! A few connections, each used by one task at a time, with a deadline on every use.
//!
//! A pool crate would add a queue, recycling and metrics, of which a store with two kinds of use and a handful of
//! connections needs none: what is closed or was left in the middle is dropped, and the next use connects anew.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ovr_domain::port::StoreError;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::error::Elapsed;
use tokio_postgres::{Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::{Encryption, PostgresAddress};
use super::failure::{failed, is_refusal, said};
use super::write::Statements;
use super::{PasswordSource, tls};
use crate::Error;

/// How long a server may take to let us in.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);

/// How long a silent connection is trusted: a server that was unplugged says nothing.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Bringing the schema up to date, which may take long.
    Migrate,
    /// Answering queries.
    Read,
    /// Storing and purging.
    Write,
}

/// Every session counts in UTC and compiles no queries, which costs more than these queries take.
const SETUP: &str = "SET timezone = 'UTC'; SET jit = off; SET idle_in_transaction_session_timeout = '60s';";
const MIGRATE: &str = "SET statement_timeout = '10min'; SET lock_timeout = '1min';";
const READ: &str =
    "SET statement_timeout = '5s'; SET lock_timeout = '5s'; SET default_transaction_read_only = on;";

/// A statement ends before the consumer's attempt does. What is stored is on disk when it returns, whatever the server's
/// default is. A long event is compressed by LZ4 where the server has it: it takes a fifth of the time.
const WRITE: &str = "SET statement_timeout = '25s'; SET lock_timeout = '10s';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
    SELECT set_config('default_toast_compression', 'lz4', false) FROM pg_settings
        WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals);";

/// How the server is reached.
pub(super) struct Server {
    pub(super) address: PostgresAddress,
    tls: Option<MakeRustlsConnect>,
    password: PasswordSource,
}

impl Server {
    pub(super) fn new(address: PostgresAddress, password: PasswordSource) -> Result<Self, Error> {
        let tls = match &address.encryption {
            Encryption::None => None,
            Encryption::Tls(authorities) => Some(tls::connector(authorities.as_deref())?),
        };
        Ok(Self { address, tls, password })
    }

    /// A new connection, set up for its purpose.
    pub(super) async fn connect(&self, purpose: Purpose) -> Result<Client, Error> {
        let mut config = self.address.config.clone();
        if let Some(password) = (self.password)().map_err(|reason| self.refused(reason))? {
            config.password(password);
        }
        if config.get_application_name().is_none() {
            config.application_name("ovr-alpr");
        }
        config.connect_timeout(CONNECT_DEADLINE).keepalives_idle(SILENCE_MAX).tcp_user_timeout(SILENCE_MAX);
        let setup = match purpose {
            Purpose::Migrate => MIGRATE,
            Purpose::Read => READ,
            Purpose::Write => WRITE,
        };
        let connecting = async {
            let client = match &self.tls {
                None => {
                    let (client, connection) = config.connect(NoTls).await?;
                    tokio::spawn(drive(connection));
                    client
                }
                Some(tls) => {
                    let (client, connection) = config.connect(tls.clone()).await?;
                    tokio::spawn(drive(connection));
                    client
                }
            };
            client.batch_execute(SETUP).await?;
            client.batch_execute(setup).await?;
            Ok(client)
        };
        match tokio::time::timeout(CONNECT_DEADLINE, connecting).await {
            Ok(Ok(client)) => Ok(client),
            Ok(Err(error)) if is_refusal(&error) => Err(self.refused(said(&error))),
            Ok(Err(error)) => Err(failed(&error).into()),
            Err(_) => Err(unavailable(&format!("no answer within {} s", CONNECT_DEADLINE.as_secs())).into()),
        }
    }

    fn refused(&self, reason: String) -> Error {
        Error::Refused { path: self.address.to_string(), reason }
    }
}

/// Moves the bytes of one connection until it ends; who uses it is told by the next call.
async fn drive<F>(connection: F)
where
    F: Future<Output = Result<(), tokio_postgres::Error>>,
{
    if let Err(error) = connection.await {
        tracing::debug!(reason = said(&error), "a connection to the event store ended");
    }
}

/// An open connection with what was prepared on it.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) statements: Option<Statements>,
}

/// Connections for one purpose.
pub(super) struct Pool {
    server: Arc<Server>,
    purpose: Purpose,
    permits: Semaphore,
    idle: Mutex<Vec<Session>>,
    deadline: Duration,
}

/// The use of one connection. Dropped in the middle, it closes the connection.
pub(super) struct Lease<'a> {
    pub(super) session: Session,
    pool: &'a Pool,
    _permit: SemaphorePermit<'a>,
}

impl Pool {
    /// At most `max` connections, each used for at most `deadline` at a time.
    pub(super) fn new(server: Arc<Server>, purpose: Purpose, max: usize, deadline: Duration) -> Self {
        let (permits, idle) = (Semaphore::new(max), Mutex::new(Vec::new()));
        Self { server, purpose, permits, idle, deadline }
    }

    /// Waits for a connection to be free, and makes one when none is open.
    pub(super) async fn lease(&self) -> Result<Lease<'_>, StoreError> {
        let waited = tokio::time::timeout(self.deadline, self.permits.acquire()).await;
        let Ok(Ok(permit)) = waited else {
            return Err(unavailable("every connection is busy"));
        };
        loop {
            let taken = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match taken {
                Some(session) if session.client.is_closed() => {}
                Some(session) => return Ok(Lease { session, pool: self, _permit: permit }),
                None => break,
            }
        }
        let client = self.server.connect(self.purpose).await.map_err(for_now)?;
        Ok(Lease { session: Session { client, statements: None }, pool: self, _permit: permit })
    }

    /// Runs `work` for at most as long as a connection may be used.
    pub(super) async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<Result<T, tokio_postgres::Error>, Elapsed> {
        tokio::time::timeout(self.deadline, work).await
    }
}

impl Lease<'_> {
    /// Gives the connection back, unless it is in the middle of something, and says what came of its use.
    pub(super) fn settle<T>(
        self,
        outcome: Result<Result<T, tokio_postgres::Error>, Elapsed>,
    ) -> Result<T, StoreError> {
        let Ok(answer) = outcome else {
            return Err(unavailable(&format!("no answer within {} s", self.pool.deadline.as_secs())));
        };
        // An error without a code is none of the server's: what the connection holds is not known.
        if answer.as_ref().err().is_none_or(|error| error.code().is_some()) {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.session);
        }
        answer.map_err(|error| failed(&error))
    }
}

/// While running, a refusal may pass like any other failure: somebody changes a password, and then the other half of it.
pub(super) fn for_now(error: Error) -> StoreError {
    match error {
        Error::Store(error) => error,
        Error::Foreign { .. } | Error::Newer { .. } | Error::Migration { .. } => {
            StoreError::Unusable { reason: error.to_string() }
        }
        other => StoreError::Unavailable { reason: other.to_string() },
    }
}

pub(super) fn unavailable(reason: &str) -> StoreError {
    StoreError::Unavailable { reason: reason.to_owned() }
}

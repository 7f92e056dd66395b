//! A database for one test, on the server that `OVR_TEST_POSTGRES` names.

use super::*;

/// Made empty, dropped at the end of the test.
pub(crate) struct Database {
    server: String,
    name: String,
}

/// A test makes its database before it has a runtime of its own that could, and drops it after.
fn on_a_thread<T: Send>(work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let run =
            || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
        scope.spawn(run).join().unwrap()
    })
}

impl Database {
    pub(crate) fn create() -> Self {
        Self::create_as("")
    }

    /// With more said about it, such as its encoding.
    pub(super) fn create_as(options: &str) -> Self {
        let server = std::env::var("OVR_TEST_POSTGRES").unwrap_or_else(|_| {
            panic!("OVR_TEST_POSTGRES is not set: it names a server on which this test may create databases; ./dev test starts one")
        });
        let name = format!("test_{}", uuid::Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext)).simple());
        let database = Self { server, name };
        on_a_thread(database.administer(format!("CREATE DATABASE {} {options}", database.name)));
        database
    }

    async fn administer(&self, statement: String) {
        let (client, connection) = self.server().connect(NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        client.batch_execute(&statement).await.unwrap();
        drop(client);
        connection.await.unwrap().unwrap();
    }

    pub(super) fn server(&self) -> Config {
        self.server.parse().expect("OVR_TEST_POSTGRES is a postgres:// URI")
    }

    /// A connection beside the store's, so that a test can look behind it.
    pub(super) async fn connect(&self) -> Client {
        let (client, connection) = self.server().dbname(&self.name).connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// Where it is, without the password.
    pub(super) fn address(&self) -> PostgresAddress {
        let server = self.server();
        let host = match server.get_hosts() {
            [tokio_postgres::config::Host::Tcp(host)] => host.clone(),
            other => panic!("OVR_TEST_POSTGRES names {other:?}, one host is expected"),
        };
        let port = server.get_ports().first().copied().unwrap_or(5432);
        let user = server.get_user().unwrap_or("postgres");
        format!("postgres://{user}@{host}:{port}/{}", self.name).parse().unwrap()
    }

    pub(super) fn password(&self) -> PasswordSource {
        let password =
            self.server().get_password().map(|password| String::from_utf8(password.to_vec()).unwrap());
        Arc::new(move || Ok(password.clone()))
    }

    /// A store that has made nothing yet.
    pub(crate) fn store(&self) -> PostgresStore {
        PostgresStore::new(self.address(), self.password()).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        on_a_thread(self.administer(format!("DROP DATABASE {} WITH (FORCE)", self.name)));
    }
}

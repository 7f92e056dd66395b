//! `postgres://USER@HOST:PORT/DATABASE`: where the server is, and whether the way there is encrypted.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::Error;

/// The schemes that an address may begin with.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// The address of a PostgreSQL database, without its password.
///
/// It is a connection URI of libpq (PostgreSQL manual, 34.1.1.2) with two differences. A password in it is refused,
/// because addresses end up in logs. `sslmode` is `verify-full` or `disable`, because everything between the two lets
/// somebody else answer; left out, it is `disable` on this machine and `verify-full` beyond it. `sslrootcert` names a
/// PEM file of the authorities to trust instead of the system's.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress {
    pub(super) config: Box<Config>,
    pub(super) encryption: Encryption,
    shown: String,
}

/// How the way to the server is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Encryption {
    /// Not at all.
    None,
    /// TLS with a certificate that is checked, by the system's authorities or by those of a PEM file.
    Tls(Option<PathBuf>),
}

impl PostgresAddress {
    /// Whether a text is meant to be such an address.
    pub fn is_meant(text: &str) -> bool {
        SCHEMES.iter().any(|scheme| text.starts_with(scheme))
    }
}

impl FromStr for PostgresAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = |reason: String| Error::Address { reason };
        if !Self::is_meant(text) {
            return Err(refuse("it does not begin with postgres://".to_owned()));
        }
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let mut mode = None;
        let mut authorities = None;
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let value =
                || form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned());
            match pair.split_once('=').map_or(pair, |(key, _)| key) {
                "sslmode" => mode = value(),
                "sslrootcert" => authorities = value().map(PathBuf::from),
                _ => rest.push(pair),
            }
        }
        let plain = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        // The parser's own words name the option, never its value.
        let mut config: Config = plain.parse().map_err(|error| refuse(reason_of(&error)))?;
        if config.get_password().is_some() {
            let reason =
                "it holds a password, which belongs into an environment variable, a file or a credential";
            return Err(refuse(reason.to_owned()));
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(refuse("it names no host".to_owned()));
        }
        if config.get_dbname().is_none() {
            return Err(refuse("it names no database".to_owned()));
        }
        let encryption = match mode.as_deref() {
            None if is_here(&config) && authorities.is_none() => Encryption::None,
            Some("disable") => Encryption::None,
            None | Some("verify-full") => Encryption::Tls(authorities),
            Some(_) => return Err(refuse("its sslmode is neither verify-full nor disable".to_owned())),
        };
        config.ssl_mode(match encryption {
            Encryption::None => SslMode::Disable,
            Encryption::Tls(_) => SslMode::Require,
        });
        let shown = shown(&config);
        Ok(Self { config: Box::new(config), encryption, shown })
    }
}

/// As it may be shown: `postgres://user@host:port/database`.
impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

fn reason_of(error: &tokio_postgres::Error) -> String {
    use std::error::Error as _;
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// Whether every host is this machine.
fn is_here(config: &Config) -> bool {
    let here = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    };
    config.get_hosts().iter().all(here) && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
}

fn shown(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(number, host)| {
            // One port counts for every host.
            let port = ports.get(number).or_else(|| ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) if name.contains(':') => format!("[{name}]:{port}"),
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(folder) => format!("{}:{port}", folder.display()),
            }
        })
        .collect();
    let user = config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
    format!("postgres://{user}{}/{}", hosts.join(","), config.get_dbname().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<PostgresAddress, String> {
        text.parse().map_err(|error: Error| error.to_string())
    }

    #[test]
    fn the_way_is_encrypted_beyond_this_machine_unless_somebody_says_otherwise() {
        let encryption = |text| of(text).map(|address| address.encryption);
        for here in [
            "postgres://ovr@127.0.0.1:5432/ovr",
            "postgresql://ovr@localhost/ovr",
            "postgres://ovr@[::1]/ovr",
            "postgres://ovr@%2Fvar%2Frun%2Fpostgresql/ovr",
            "postgres:///ovr?host=/var/run/postgresql&user=ovr",
            "postgres://ovr@db.example/ovr?sslmode=disable",
        ] {
            assert_eq!(encryption(here), Ok(Encryption::None), "{here}");
        }
        for there in [
            "postgres://ovr@db.example/ovr",
            "postgres://ovr@127.0.0.1,db.example/ovr",
            "postgres://ovr@127.0.0.1/ovr?sslmode=verify-full",
        ] {
            assert_eq!(encryption(there), Ok(Encryption::Tls(None)), "{there}");
        }
        let own = encryption("postgres://ovr@db/ovr?sslrootcert=/etc/a%20b.pem&connect_timeout=3");
        assert_eq!(own, Ok(Encryption::Tls(Some(PathBuf::from("/etc/a b.pem")))));
    }

    #[test]
    fn what_is_wrong_is_said_without_a_secret() {
        for (text, word) in [
            ("postgres://ovr:canary@db/ovr", "holds a password"),
            ("postgres://ovr@db/ovr?password=canary", "holds a password"),
            ("postgres://ovr@db/ovr?sslmode=require", "neither verify-full"),
            ("postgres://ovr@db/ovr?canary=1", "canary"),
            ("postgres://ovr@db", "names no database"),
            ("postgres:///ovr", "names no host"),
            ("mysql://db/ovr", "does not begin"),
            ("postgres://ovr@db:port/ovr", "port"),
        ] {
            let refused = of(text).unwrap_err();
            assert!(refused.contains(word) && !refused.contains('\n'), "{text}: {refused}");
            assert!(!refused.contains("canary") || word == "canary", "{refused}");
        }
    }

    #[test]
    fn it_is_shown_with_user_hosts_and_database() {
        let address = of("postgres://ovr@a,b:6000/events?target_session_attrs=read-write").unwrap();
        assert_eq!(address.to_string(), "postgres://ovr@a:5432,b:6000/events");
        assert_eq!(format!("{address:?}"), address.to_string());
    }
}

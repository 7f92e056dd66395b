//! TLS to the server by rustls: the certificate is always checked, against the system's authorities or a file's.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;

/// A connector that trusts the authorities in `file`, or the system's.
pub(super) fn connector(file: Option<&Path>) -> Result<MakeRustlsConnect, Error> {
    let roots = match file {
        Some(file) => of_file(file)?,
        None => of_system()?,
    };
    // The provider is named, because another part of the program may have brought a second one along.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(format!("setting up TLS: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn of_file(file: &Path) -> Result<RootCertStore, Error> {
    let refuse = |reason: &dyn std::fmt::Display| {
        unusable(format!("sslrootcert {} is no PEM file of certificates: {reason}", file.display()))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| refuse(&error))? {
        let certificate = certificate.map_err(|error| refuse(&error))?;
        roots.add(certificate).map_err(|error| refuse(&error))?;
    }
    if roots.is_empty() {
        return Err(refuse(&"it holds none"));
    }
    Ok(roots)
}

fn of_system() -> Result<RootCertStore, Error> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let reason = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        return Err(unusable(format!(
            "this system has no certificate authorities{reason}; name a file by sslrootcert"
        )));
    }
    Ok(roots)
}

fn unusable(reason: String) -> Error {
    Error::Address { reason }
}

//! Who the server is: certificates, as strictly as `sslmode` asks.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::{Address, SslMode};

/// What connects by TLS.
pub(super) fn connector(address: &Address) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let root = address.root_certificate.as_deref().filter(|path| *path != Path::new("system"));
    let strictness = match (address.ssl, root) {
        (SslMode::VerifyFull, _) => Strictness::Name,
        (SslMode::VerifyCa, _) => Strictness::Chain,
        // With a certificate at hand libpq checks against it, and so do we.
        (SslMode::Require, Some(_)) => Strictness::Chain,
        (SslMode::Require | SslMode::Prefer | SslMode::Disable, _) => Strictness::Nothing,
    };
    let chain = if strictness == Strictness::Nothing { None } else { Some(chain(root, &provider)?) };
    let verifier = Arc::new(Verifier { provider, chain, strictness });
    Ok(MakeRustlsConnect::new(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()))
}

/// Checks against the certificates of a file, or those that the system trusts.
fn chain(root: Option<&Path>, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>> {
    let Some(path) = root else {
        return Ok(Arc::new(rustls_platform_verifier::Verifier::new(Arc::clone(provider))?));
    };
    let read = || format!("cannot read the certificates in {} (sslrootcert)", path.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).with_context(read)? {
        roots.add(certificate.with_context(read)?).with_context(read)?;
    }
    Ok(WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build().with_context(read)?)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// The line is encrypted; who is at the other end is not asked.
    Nothing,
    /// Its certificate comes from an authority that is trusted.
    Chain,
    /// And it is for the host that was asked for.
    Name,
}

#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// Absent where nothing is checked.
    chain: Option<Arc<dyn ServerCertVerifier>>,
    strictness: Strictness,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            // The chain is checked before the name.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.strictness == Strictness::Chain => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

//! A server that speaks TLS itself, by a certificate that is made for the tests and for nothing else.

use std::path::PathBuf;
use std::sync::Arc;

use lifesign_server::{App, EdgeLimits, Memory, ServeError, TlsFiles};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::support::sessions::{FakeFaces, ask};
use crate::support::site::Ground;
use crate::support::sockets::Listening;
use crate::support::{Setup, sample_path};

fn data(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")).join(name)
}

fn files(cert: &str, key: &str) -> TlsFiles {
    TlsFiles {
        cert: data(cert),
        key: data(key),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_speaks_tls_and_nothing_else() {
    let mut setup = Setup::new();
    setup.config.tls = Some(files("tls_cert.pem", "tls_key.pem"));
    let ground = Ground::of(setup).await;
    let bank = ground.tenant("bank").await;
    let site = ground.open(Arc::new(FakeFaces)).await;
    let listening = Listening::start(&site).await;

    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(data("tls_cert.pem")).unwrap())
        .unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(listening.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(client))
        .connect(name, stream)
        .await
        .unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    // Some servers close without a goodbye; this one must not.
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");

    // Plain HTTP gets an alert of TLS, and no answer.
    let mut plain = TcpStream::connect(listening.address).await.unwrap();
    plain.write_all(request).await.unwrap();
    let mut told = Vec::new();
    let _ = plain.read_to_end(&mut told).await;
    assert!(!told.starts_with(b"HTTP"), "{told:?}");

    let made = ask(&site, &bank.api_key, &serde_json::json!({})).await;
    let url = made.envelope()["result"]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let address = listening.address;
    assert!(
        url.starts_with(&format!("https://{address}/verify-video/")),
        "{url}"
    );
}

#[tokio::test]
async fn files_that_are_no_certificate_and_key_stop_the_start() {
    let picture = sample_path("astronaut.jpg");
    for (tls, named) in [
        (files("nowhere.pem", "tls_key.pem"), "nowhere.pem"),
        (files("tls_cert.pem", "nowhere.pem"), "nowhere.pem"),
        (files("tls_key.pem", "tls_key.pem"), "tls_key.pem"),
        (files("tls_cert.pem", "tls_cert.pem"), "tls_cert.pem"),
        (
            TlsFiles {
                cert: picture.clone(),
                key: picture.clone(),
            },
            "astronaut.jpg",
        ),
    ] {
        let mut setup = Setup::new();
        setup.config.tls = Some(tls);
        let memory = Memory::open(&setup.config).await.unwrap();
        let checker = Arc::new(FakeFaces);
        let app = App::new(
            setup.config.clone(),
            EdgeLimits::default(),
            checker,
            None,
            memory,
        );
        match app.err() {
            Some(error @ ServeError::Tls { .. }) => {
                assert!(error.to_string().contains(named), "{error}");
            }
            other => panic!("{named}: {other:?}"),
        }
    }
}

//! Clients that are slow, close half, or flood the head. Their time limits are tested by the server's own
//! `transport`, with limits of a second; here are many of them at once, beside one that is well.

use std::io::Write;
use std::net::{Shutdown, TcpStream};

use super::tenant;
use crate::ask::{answer, assert_kept, check, sample};
use crate::site::Site;

/// Half of the connections that are taken at the same time.
const SLOW: usize = 512;

#[test]
fn hundreds_of_slow_clients_and_floods_of_headers_keep_nobody_from_being_judged() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::on_sqlite(data.path());
    let key = tenant(&site);
    let server = site.serve(&[]);
    let connect = || TcpStream::connect(server.address).unwrap();
    let mut slow: Vec<TcpStream> = (0..SLOW).map(|_| connect()).collect();
    for (number, stream) in slow.iter_mut().enumerate() {
        let begun = match number % 3 {
            // A head that never ends, a body that hardly comes, nothing at all.
            0 => "GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ".to_owned(),
            1 => format!(
                "POST /v1/liveness HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: image/jpeg\r\n\
                 content-length: 10485760\r\n\r\n\u{1}"
            ),
            _ => String::new(),
        };
        stream.write_all(begun.as_bytes()).unwrap();
        if number % 6 < 3 {
            stream.shutdown(Shutdown::Write).unwrap();
        }
    }
    let many = "x-many: 1\r\n".repeat(2000);
    let long = format!("x-long: {}\r\n", "a".repeat(1 << 20));
    for flood in [many, long] {
        let mut stream = connect();
        let head = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{flood}\r\n");
        // It may be cut off while this writes.
        let _ = stream.write_all(head.as_bytes());
        let refused = answer(&mut stream);
        assert!(
            refused.as_ref().is_none_or(|(status, _)| *status == 431),
            "{refused:?}"
        );
    }
    assert_kept(&server, &key, &check(&server, &key));
    drop(slow);
    assert_kept(&server, &key, &check(&server, &key));
}

/// Who has sent everything and closes that half is answered, or gets nothing; never half an answer.
#[test]
fn a_client_that_closes_its_half_gets_all_or_nothing() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::on_sqlite(data.path());
    let key = tenant(&site);
    let server = site.serve(&[]);
    let image = sample();
    let mut stream = TcpStream::connect(server.address).unwrap();
    let head = format!(
        "POST /v1/liveness HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: image/jpeg\r\n\
         content-length: {}\r\n\r\n",
        image.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&image).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    if let Some(answered) = answer(&mut stream) {
        assert_kept(&server, &key, &answered);
    }
    assert_kept(&server, &key, &check(&server, &key));
}

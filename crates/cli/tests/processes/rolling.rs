//! One server takes over from another on the same socket, under load: no request fails.
//!
//! The socket is the supervisor's (here the test's), handed over as systemd does it. The new process starts beside
//! the old one, then the old one is told to stop.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const CLIENTS: usize = 4;
/// Answers that each stage of the change must see.
const ANSWERS: usize = 12;
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn one_server_takes_over_from_another_and_no_request_fails() {
    let data = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let image = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../assets/samples/astronaut.jpg"
    );
    let request = request(&std::fs::read(image).unwrap());
    let (answered, stop) = (AtomicUsize::new(0), AtomicBool::new(false));

    let mut old = serve(&listener, data.path());
    let failures = std::thread::scope(|scope| {
        let ask = || keep_asking(address, &request, &answered, &stop);
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(ask)).collect();
        // Whatever fails below, the clients end.
        let _stop = StopWhenDropped(&stop);
        more(&answered);
        let mut new = serve(&listener, data.path());
        more(&answered);
        terminate(&old.0);
        let status = old.0.wait().unwrap();
        assert!(status.success(), "{status}");
        more(&answered);
        stop.store(true, Ordering::SeqCst);
        let failures: Vec<String> = clients
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect();
        terminate(&new.0);
        assert!(new.0.wait().unwrap().success());
        failures
    });
    assert!(failures.is_empty(), "{failures:#?}");
}

struct StopWhenDropped<'a>(&'a AtomicBool);

impl Drop for StopWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Waits until some more requests were answered.
fn more(answered: &AtomicUsize) {
    let goal = answered.load(Ordering::SeqCst) + ANSWERS;
    let since = std::time::Instant::now();
    while answered.load(Ordering::SeqCst) < goal {
        assert!(since.elapsed() < PATIENCE, "nothing is answered any more");
        std::thread::sleep(Duration::from_millis(5));
    }
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server on the socket, ready. The socket comes as standard input, where the standard library can put it; a
/// shell moves it to where the protocol wants it.
fn serve(listener: &TcpListener, data: &Path) -> Server {
    const HAND_OVER: &str = r#"exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@""#;
    let socket: OwnedFd = listener.try_clone().unwrap().into();
    let mut process = Command::new("sh")
        .args(["-c", HAND_OVER, "sh", env!("CARGO_BIN_EXE_lifesign")])
        .args(["serve", "--set", "drain_delay_s=1", "--data"])
        .arg(data)
        .stdin(Stdio::from(socket))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap());
    let server = Server(process);
    let mut line = String::new();
    while !line.contains("listening on ") {
        line.clear();
        let read = log.read_line(&mut line).unwrap();
        assert_ne!(read, 0, "the server did not start");
    }
    // What nobody reads would fill the pipe and stop the server.
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    server
}

pub(crate) fn terminate(process: &Child) {
    let told = Command::new("kill")
        .arg(process.id().to_string())
        .status()
        .unwrap();
    assert!(told.success());
}

fn request(image: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST /v1/liveness HTTP/1.1\r\nhost: x\r\ncontent-type: image/jpeg\r\ncontent-length: {}\r\n\r\n",
        image.len()
    )
    .into_bytes();
    request.extend_from_slice(image);
    request
}

/// Asks again and again, over one connection as long as it is kept open; tells what failed.
fn keep_asking(
    address: SocketAddr,
    request: &[u8],
    answered: &AtomicUsize,
    stop: &AtomicBool,
) -> Vec<String> {
    let mut connection = None;
    let mut failures = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        match ask(&mut connection, address, request) {
            Ok(200) => {
                answered.fetch_add(1, Ordering::SeqCst);
            }
            Ok(status) => failures.push(format!("status {status}")),
            Err(error) => {
                connection = None;
                failures.push(error.to_string());
            }
        }
    }
    failures
}

fn ask(
    connection: &mut Option<BufReader<TcpStream>>,
    address: SocketAddr,
    request: &[u8],
) -> std::io::Result<u16> {
    if connection.is_none() {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        *connection = Some(BufReader::new(stream));
    }
    let stream = connection.as_mut().unwrap();
    stream.get_mut().write_all(request)?;
    let (mut status, mut length, mut closes) = (0, 0, false);
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err(std::io::Error::other("closed without an answer"));
        }
        let text = line.trim_end().to_ascii_lowercase();
        if let Some(rest) = text.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().unwrap();
        } else if let Some(value) = text.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        } else if text == "connection: close" {
            closes = true;
        } else if text.is_empty() {
            break;
        }
    }
    stream.read_exact(&mut vec![0; length])?;
    if closes {
        *connection = None;
    }
    Ok(status)
}

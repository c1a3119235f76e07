//! Real sockets: the server listening, and somebody else's server that it fetches from.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::site::Site;

const PATIENCE: Duration = Duration::from_secs(20);

/// A server that listens on loopback until it is dropped.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Listening {
    pub(crate) async fn start(site: &Site) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let app = Arc::clone(&site.app);
        tokio::spawn(lifesign_server::serve_on(listener, app, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            _stop: stop,
        }
    }
}

impl Listening {
    pub(crate) async fn say(&self, head: &str) -> String {
        say(self.address, head).await.unwrap()
    }
}

/// Sends a head without its end and a wish to close the connection; answers all that comes.
pub(crate) async fn say(address: SocketAddr, head: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("{head}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(PATIENCE, read).await??;
    Ok(answer)
}

/// A web server on loopback that knows nothing of ours.
pub(crate) struct Web {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    /// Answers each path with what the closure gives, head and all.
    pub(crate) fn start(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = String::new();
                let mut reader = BufReader::new(&stream);
                while !request.ends_with("\r\n\r\n") {
                    if !matches!(reader.read_line(&mut request), Ok(1..)) {
                        break;
                    }
                }
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let text = answer(&path);
                seen.lock().unwrap().push(path);
                // Who asked may have hung up.
                let _ = stream.write_all(&text);
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The paths that were asked for so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// What a receiver was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// Lines of the head, names in lower case.
    pub(crate) head: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.head.iter().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value)
    }
}

/// Takes callbacks on loopback.
pub(crate) struct Receiver {
    address: SocketAddr,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Receiver {
    /// Answers the nth callback with the nth of `heads`, for instance `204 No Content`, and all after it with
    /// the last.
    pub(crate) fn start(heads: &'static [&'static str]) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&sent);
        std::thread::spawn(move || {
            for (nth, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(&stream);
                let mut head = Vec::new();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    match line.trim().split_once(": ") {
                        Some((n, value)) => head.push((n.to_ascii_lowercase(), value.to_owned())),
                        None if line.trim().is_empty() => break,
                        None => {}
                    }
                }
                let mut sent = Sent {
                    head,
                    body: Vec::new(),
                };
                sent.body = vec![0; sent.header("content-length").parse().unwrap()];
                std::io::Read::read_exact(&mut reader, &mut sent.body).unwrap();
                seen.lock().unwrap().push(sent);
                let head = heads[nth.min(heads.len() - 1)];
                let _ = write!(stream, "HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n");
            }
        });
        Self { address, sent }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/callback", self.address)
    }

    /// Waits until so many callbacks have come, and answers them.
    pub(crate) async fn until(&self, count: usize) -> Vec<Sent> {
        for _ in 0..1000 {
            let sent = self.sent.lock().unwrap().clone();
            if sent.len() >= count {
                return sent;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{count} callbacks never came");
    }

    pub(crate) fn count(&self) -> usize {
        self.sent.lock().unwrap().len()
    }
}

/// An answer with a body.
pub(crate) fn found(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

pub(crate) fn not_found() -> Vec<u8> {
    b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec()
}

pub(crate) fn redirect(location: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

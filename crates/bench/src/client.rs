//! One connection of the load driver: HTTP/1.1 with keep-alive over a blocking socket.
//!
//! It speaks just what the driver needs (answers with `Content-Length`), so that its own cost stays far below
//! that of a check and is the same for every server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Outcome;

/// Longest wait for a byte; a server that stalls for so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// Largest answer that is read.
const ANSWER_BYTES: usize = 1024 * 1024;

/// A request as bytes, ready to be sent again and again.
pub fn post(path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {content_type}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// A request without a body.
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes()
}

/// A connection that is opened when it is needed and again after a failure.
pub struct Client {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
    retry_after: Duration,
}

impl Client {
    /// Nothing is opened yet.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            stream: None,
            retry_after: Duration::ZERO,
        }
    }

    /// How long the last answer asks to wait (`Retry-After` in seconds), zero if it does not.
    pub fn retry_after(&self) -> Duration {
        self.retry_after
    }

    /// Sends `request` and reads the whole answer: its status and its body.
    ///
    /// # Errors
    /// If the connection breaks or stalls, or what comes is no answer.
    pub fn ask(&mut self, request: &[u8]) -> Outcome<(u16, Vec<u8>)> {
        let answer = self.exchange(request);
        self.retry_after = answer
            .as_ref()
            .map_or(Duration::ZERO, |answer| answer.retry_after);
        if !matches!(answer, Ok(Answer { keep: true, .. })) {
            self.stream = None;
        }
        answer.map(|answer| (answer.status, answer.body))
    }

    fn exchange(&mut self, request: &[u8]) -> Outcome<Answer> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            empty => {
                let stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                empty.insert(BufReader::new(stream))
            }
        };
        stream.get_mut().write_all(request)?;
        let head = Head::read(stream)?;
        if head.length > ANSWER_BYTES {
            return Err(format!("an answer of {} bytes", head.length).into());
        }
        let mut body = vec![0; head.length];
        stream.read_exact(&mut body)?;
        Ok(Answer {
            status: head.status,
            keep: head.keep,
            retry_after: head.retry_after,
            body,
        })
    }
}

struct Answer {
    status: u16,
    /// Whether the connection stays open.
    keep: bool,
    retry_after: Duration,
    body: Vec<u8>,
}

struct Head {
    status: u16,
    length: usize,
    keep: bool,
    retry_after: Duration,
}

impl Head {
    fn read(stream: &mut impl BufRead) -> Outcome<Self> {
        let mut line = String::new();
        let mut next = |line: &mut String| -> Outcome<()> {
            line.clear();
            if stream.read_line(line)? == 0 {
                return Err("the connection was closed".into());
            }
            Ok(())
        };
        next(&mut line)?;
        let status = line
            .split(' ')
            .nth(1)
            .ok_or("no status in the answer")?
            .parse()?;
        let mut head = Self {
            status,
            length: 0,
            keep: true,
            retry_after: Duration::ZERO,
        };
        loop {
            next(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                return Ok(head);
            };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                head.length = value.parse()?;
            } else if name.eq_ignore_ascii_case("connection") {
                head.keep = !value.eq_ignore_ascii_case("close");
            } else if name.eq_ignore_ascii_case("retry-after") {
                head.retry_after = Duration::from_secs(value.parse()?);
            }
        }
    }
}

//! The fetcher against real servers on loopback, and against name servers that lie.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use lifesign_domain::ErrorKind;
use lifesign_net::{AddressClass, FetchError, Fetcher, Lookup, Policy, Ports};

/// What never comes takes longer than this; what comes at once takes less on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that hands each connection, its request read, to a closure.
struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answer: impl Fn(&str, &mut TcpStream) -> io::Result<()> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read_request(&stream);
                seen.lock().unwrap().push(request.clone());
                let path = request.split(' ').nth(1).unwrap_or_default();
                // The fetcher may hang up in the middle.
                let _ = answer(path, &mut stream);
            }
        });
        Self { address, requests }
    }

    /// A server that always says the same.
    fn saying(text: impl Into<Vec<u8>>) -> Self {
        let text = text.into();
        Self::start(move |_, stream| stream.write_all(&text))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn read_request(stream: &TcpStream) -> String {
    let mut request = String::new();
    let mut reader = BufReader::new(stream);
    while !request.ends_with("\r\n\r\n") {
        match reader.read_line(&mut request) {
            Ok(n) if n > 0 => {}
            _ => break,
        }
    }
    request
}

fn test_policy() -> Policy {
    Policy {
        timeout: Duration::from_secs(5),
        max_bytes: 1000,
        ..Policy::for_loopback_tests()
    }
}

fn fetch(url: &str) -> Result<Vec<u8>, FetchError> {
    Fetcher::default()
        .fetch(url, &test_policy())
        .map(|f| f.bytes)
}

fn redirect_to(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

/// Answers the n-th question with the n-th list, and goes on with the last.
#[derive(Debug)]
struct Scripted {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parsed = |list: &&[&str]| list.iter().map(|a| a.parse().unwrap()).collect();
        Arc::new(Self {
            answers: answers.iter().map(parsed).collect(),
            asked: AtomicUsize::new(0),
        })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Lookup for Scripted {
    fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.answers[turn.min(self.answers.len() - 1)].clone())
    }
}

#[test]
fn a_body_arrives_and_the_request_says_little() {
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(fetch(&server.url("/a.jpg?x=1#part")).unwrap(), b"hello");
    let request = server.requests().remove(0).to_ascii_lowercase();
    assert!(
        request.starts_with("get /a.jpg?x=1 http/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("\r\nuser-agent: lifesign\r\n"),
        "{request}"
    );
    assert!(
        request.contains("\r\naccept-encoding: identity\r\n"),
        "{request}"
    );
    for absent in ["cookie", "authorization", "referer"] {
        assert!(!request.contains(absent), "{request}");
    }
}

#[test]
fn bodies_without_a_length_arrive() {
    let until_close = Server::saying("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
    assert_eq!(fetch(&until_close.url("/")).unwrap(), b"hello");
    let chunked = Server::saying(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    );
    assert_eq!(fetch(&chunked.url("/")).unwrap(), b"hello");
}

#[test]
fn redirects_are_followed_as_far_as_allowed() {
    let server = Server::start(|path, stream| {
        let step: u32 = path.trim_start_matches('/').parse().unwrap();
        let answer = match step {
            0 => "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nend".to_owned(),
            _ => redirect_to(&format!("/{}", step - 1)),
        };
        stream.write_all(answer.as_bytes())
    });
    assert_eq!(fetch(&server.url("/3")).unwrap(), b"end");
    assert_eq!(server.requests().len(), 4);
    assert_eq!(
        fetch(&server.url("/4")),
        Err(FetchError::TooManyRedirects { limit: 3 })
    );
    assert_eq!(
        server.requests().len(),
        8,
        "one request and three redirects"
    );
}

#[test]
fn a_redirect_loop_ends() {
    let server = Server::saying(redirect_to("/again"));
    assert_eq!(
        fetch(&server.url("/")),
        Err(FetchError::TooManyRedirects { limit: 3 })
    );
}

#[test]
fn redirects_to_the_inside_are_refused() {
    for (location, class) in [
        ("http://10.0.0.1/", AddressClass::Private),
        (
            "http://169.254.169.254/latest/meta-data/",
            AddressClass::LinkLocal,
        ),
        ("http://[fd00:ec2::254]/", AddressClass::Private),
        ("http://[::ffff:192.168.0.1]/", AddressClass::Private),
        ("http://0xa9fea9fe/", AddressClass::LinkLocal),
        ("//100.100.100.200/", AddressClass::Shared),
        ("http://0/", AddressClass::Unspecified),
    ] {
        let server = Server::saying(redirect_to(location));
        let refused = fetch(&server.url("/")).unwrap_err();
        assert_eq!(refused, FetchError::AddressRefused { class }, "{location}");
    }
}

#[test]
fn redirects_to_nowhere_are_refused() {
    for location in ["http://[/", "http:///", ""] {
        let server = Server::saying(redirect_to(location));
        let refused = fetch(&server.url("/"));
        assert!(refused.is_err(), "{location:?}: {refused:?}");
    }
    let silent = Server::saying("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
    assert!(matches!(
        fetch(&silent.url("/")),
        Err(FetchError::BadRedirect { .. })
    ));
    let elsewhere = Server::saying(redirect_to("file:///etc/passwd"));
    assert!(matches!(
        fetch(&elsewhere.url("/")),
        Err(FetchError::BadUrl { .. })
    ));
}

#[test]
fn loopback_needs_the_test_setting_in_every_spelling() {
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let policy = Policy {
        allow_loopback: false,
        ..test_policy()
    };
    let port = server.address.port();
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "017700000001",
        "localhost",
        "localhost.",
        "[::1]",
        "[::ffff:7f00:1]",
    ] {
        let refused = Fetcher::default().fetch(&format!("http://{host}:{port}/"), &policy);
        assert!(
            matches!(
                refused,
                Err(FetchError::AddressRefused {
                    class: AddressClass::Loopback
                })
            ),
            "{host}: {refused:?}"
        );
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn http_needs_permission() {
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let policy = Policy {
        allow_http: false,
        ..test_policy()
    };
    let refused = Fetcher::default().fetch(&server.url("/"), &policy);
    assert_eq!(refused, Err(FetchError::HttpRefused));
    let policy = Policy {
        ports: Ports::Standard,
        ..test_policy()
    };
    let refused = Fetcher::default().fetch(&server.url("/"), &policy);
    assert!(matches!(refused, Err(FetchError::PortRefused { .. })));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_name_is_looked_up_once_a_hop() {
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let lookup = Scripted::new(&[&["127.0.0.1"], &["10.0.0.1"]]);
    let fetcher = Fetcher::new(lookup.clone());
    let url = format!("http://rebind.example:{}/", server.address.port());
    assert_eq!(fetcher.fetch(&url, &test_policy()).unwrap().bytes, b"ok");
    assert_eq!(lookup.asked(), 1);
    let host = format!("host: rebind.example:{}", server.address.port());
    assert!(server.requests()[0].to_ascii_lowercase().contains(&host));
}

#[test]
fn a_name_that_turns_inward_is_not_followed() {
    // Public when checked, loopback ever after: the server on loopback must see nobody. Nothing
    // listens at the public address, which is one that nobody was given.
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let lookup = Scripted::new(&[&["2000::1"], &["127.0.0.1"]]);
    let policy = Policy {
        allow_loopback: false,
        connect_timeout: Duration::from_millis(200),
        ..test_policy()
    };
    let url = format!("http://rebind.example:{}/", server.address.port());
    let refused = Fetcher::new(lookup.clone())
        .fetch(&url, &policy)
        .unwrap_err();
    assert!(
        matches!(
            refused,
            FetchError::ConnectionFailed | FetchError::TimedOut { .. }
        ),
        "{refused:?}"
    );
    assert_eq!(lookup.asked(), 1);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn the_second_hop_is_checked_anew() {
    let server = Server::saying(redirect_to("/next"));
    let lookup = Scripted::new(&[&["127.0.0.1"], &["192.168.7.7"]]);
    let url = format!("http://rebind.example:{}/", server.address.port());
    let refused = Fetcher::new(lookup.clone()).fetch(&url, &test_policy());
    assert_eq!(
        refused,
        Err(FetchError::AddressRefused {
            class: AddressClass::Private
        })
    );
    assert_eq!((lookup.asked(), server.requests().len()), (2, 1));
}

#[test]
fn one_inner_address_among_public_ones_refuses_the_name() {
    let lookup = Scripted::new(&[&["93.184.216.34", "2606:4700::1111", "10.0.0.1"]]);
    let refused = Fetcher::new(lookup).fetch("https://mixed.example/", &Policy::default());
    assert_eq!(
        refused,
        Err(FetchError::AddressRefused {
            class: AddressClass::Private
        })
    );
}

#[test]
fn too_much_is_refused_with_and_without_a_length() {
    let over = FetchError::TooLarge { limit_bytes: 1000 };
    let announced = Server::start(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n")?;
        thread::sleep(PATIENCE);
        Ok(())
    });
    let started = Instant::now();
    assert_eq!(fetch(&announced.url("/")), Err(over.clone()));
    assert!(started.elapsed() < PATIENCE, "it waited for the body");

    let endless = Server::start(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
        loop {
            stream.write_all(&[0; 4096])?;
        }
    });
    assert_eq!(fetch(&endless.url("/")), Err(over.clone()));

    let chunked = Server::start(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        loop {
            stream.write_all(b"4\r\nabcd\r\n")?;
        }
    });
    assert_eq!(fetch(&chunked.url("/")), Err(over));
}

#[test]
fn exactly_the_limit_is_accepted() {
    for (size, fits) in [(1000, true), (1001, false)] {
        let body = "x".repeat(size);
        let server = Server::saying(format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}"
        ));
        assert_eq!(fetch(&server.url("/")).is_ok(), fits, "{size}");
        let server = Server::saying(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n{body}"
        ));
        assert_eq!(fetch(&server.url("/")).is_ok(), fits, "{size}");
    }
}

#[test]
fn a_body_that_stops_short_is_refused() {
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    assert_eq!(fetch(&server.url("/")), Err(FetchError::BadAnswer));
    let server = Server::saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf");
    assert_eq!(fetch(&server.url("/")), Err(FetchError::BadAnswer));
}

/// Runs a fetch that must end by the overall limit, wherever the server lets it hang.
fn assert_times_out(url: &str) {
    let policy = Policy {
        timeout: Duration::from_millis(500),
        ..test_policy()
    };
    let started = Instant::now();
    let refused = Fetcher::default().fetch(url, &policy).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TimedOut, "{url}: {refused:?}");
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
}

#[test]
fn dripping_servers_are_left_in_time() {
    let drip = |first: &'static str| {
        Server::start(move |_, stream| {
            stream.write_all(first.as_bytes())?;
            for _ in 0..100 {
                stream.write_all(b"a")?;
                thread::sleep(Duration::from_millis(40));
            }
            Ok(())
        })
    };
    assert_times_out(&drip("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n").url("/body"));
    assert_times_out(&drip("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").url("/endless"));
    assert_times_out(&drip("HTTP/1.1 200 OK\r\nX-Long: ").url("/headers"));
    assert_times_out(&drip("HTTP/1.1 200 ").url("/reason"));
}

#[test]
fn the_limit_covers_all_hops_together() {
    let server = Server::start(|_, stream| {
        thread::sleep(Duration::from_millis(200));
        stream.write_all(redirect_to("/again").as_bytes())
    });
    assert_times_out(&server.url("/"));
}

#[test]
fn a_silent_tls_server_is_left_in_time() {
    let server = Server::start(|_, _| {
        thread::sleep(PATIENCE);
        Ok(())
    });
    assert_times_out(&format!("https://{}/", server.address));
}

#[test]
fn a_server_without_tls_is_no_https_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream
                .unwrap()
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let refused = fetch(&format!("https://{address}/")).unwrap_err();
    assert_eq!(refused, FetchError::TlsFailed);
}

#[test]
fn other_statuses_are_refused() {
    for status in [201, 204, 206, 300, 304, 400, 401, 404, 429, 500, 503] {
        let server = Server::saying(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n"));
        assert_eq!(fetch(&server.url("/")), Err(FetchError::Status { status }));
    }
}

#[test]
fn encoded_bodies_are_refused() {
    for encoding in ["gzip", "br", "deflate, gzip", "identity, gzip"] {
        let server = Server::saying(format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: 2\r\n\r\nxx"
        ));
        assert_eq!(fetch(&server.url("/")), Err(FetchError::EncodingRefused));
    }
    let plain = Server::saying(
        "HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 2\r\n\r\nxx",
    );
    assert_eq!(fetch(&plain.url("/")).unwrap(), b"xx");
}

#[test]
fn what_is_not_http_is_refused() {
    for nonsense in [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "",
        "\r\n\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
    ] {
        let server = Server::saying(nonsense);
        let refused = fetch(&server.url("/")).unwrap_err();
        assert!(
            matches!(
                refused,
                FetchError::BadAnswer | FetchError::ConnectionFailed
            ),
            "{nonsense:?}: {refused:?}"
        );
    }
    let long = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "a".repeat(100_000));
    let server = Server::saying(long);
    assert_eq!(fetch(&server.url("/")), Err(FetchError::BadAnswer));
}

#[test]
fn nobody_listening_and_unknown_names_are_told_apart() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    assert_eq!(
        fetch(&format!("http://{free}/")),
        Err(FetchError::ConnectionFailed)
    );
    #[derive(Debug)]
    struct Nobody;
    impl Lookup for Nobody {
        fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            Err(io::Error::other("no such name"))
        }
    }
    let refused = Fetcher::new(Arc::new(Nobody)).fetch("https://a.example/", &test_policy());
    assert_eq!(refused, Err(FetchError::HostNotFound));
}

#[test]
fn proxies_of_the_environment_are_not_asked() {
    // A child process, because changing the own environment is unsafe beside other threads.
    let proxy = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy");
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_body_arrives_and_the_request_says_little"])
        .env("http_proxy", proxy.url(""))
        .env("HTTP_PROXY", proxy.url(""))
        .env("ALL_PROXY", proxy.url(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(proxy.requests().len(), 0);
}

#[test]
fn messages_keep_paths_queries_and_addresses_to_themselves() {
    let server = Server::saying("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    let lookup = Scripted::new(&[&["10.9.8.7"]]);
    let inner = Fetcher::new(lookup).fetch("https://a.example/path?token=1", &test_policy());
    let errors = [
        fetch(&server.url("/path?token=1")).unwrap_err(),
        fetch("ftp://a.example/path?token=1").unwrap_err(),
        fetch("http://127.0.0.1:1/path?token=1").unwrap_err(),
        inner.unwrap_err(),
    ];
    for error in errors {
        let text = error.to_string();
        for secret in ["path?", "token", "10.9.8.7", "127.0.0.1"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

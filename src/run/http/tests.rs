use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::ResolvedSocketAddrs;
use ureq::unversioned::transport::NextTimeout;

use super::*;

/// A server that gives every request the same answer and keeps the requests.
struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(answer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, answer) = (listener.local_addr().unwrap(), answer.to_owned());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut request = String::new();
                while !request.ends_with("\r\n\r\n") && reader.read_line(&mut request).unwrap() > 0 {}
                let lower = request.to_lowercase();
                let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                reader.read_exact(&mut body).unwrap();
                kept.lock().unwrap().push(request + &String::from_utf8(body).unwrap());
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { address, requests }
    }

    fn json(body: &str) -> Self {
        Self::new(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn redirect(to: &str) -> Server {
    Server::new(&format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
}

fn get(url: String) -> HttpCheck {
    HttpCheck {
        name: "it".into(),
        method: "GET".into(),
        url,
        headers: BTreeMap::new(),
        body: None,
        status: Some(200),
        json: None,
        contains: None,
        max_ms: None,
        timeout_s: 30,
    }
}

fn detail(outcome: Outcome) -> String {
    assert_ne!(outcome.conclusion, Conclusion::Passed);
    outcome.detail.unwrap()
}

#[test]
fn an_answer_as_expected_passes_and_what_differs_is_said() {
    let server = Server::json(r#"{"ok": true, "version": 7}"#);
    let options = Options::default();
    let mut good = get(server.url("/health"));
    good.json = Some(json!({"ok": true}));
    good.contains = Some("version".into());
    let outcome = check(&good, &options);
    assert_eq!((outcome.conclusion, outcome.detail, outcome.code), (Conclusion::Passed, None, Some(200)));
    assert_eq!(outcome.output, r#"{"ok": true, "version": 7}"#);

    let status = HttpCheck { status: Some(204), ..good.clone() };
    assert_eq!(detail(check(&status, &options)), "status 200, expected 204");
    let json = HttpCheck { json: Some(json!({"ok": false})), ..good.clone() };
    assert_eq!(detail(check(&json, &options)), "$.ok is true, expected false");
    let contains = HttpCheck { contains: Some("healthy".into()), ..good.clone() };
    assert_eq!(detail(check(&contains, &options)), "the answer does not contain \"healthy\"");
    let slow = HttpCheck { max_ms: Some(0), ..good };
    assert!(detail(check(&slow, &options)).ends_with("ms, at most 0 expected"));
}

#[test]
fn method_body_and_headers_are_sent_and_a_missing_variable_sends_nothing() {
    let server = Server::json("{}");
    let headers = BTreeMap::from([("Authorization".to_owned(), "ORDERS_TOKEN".to_owned())]);
    let post =
        HttpCheck { method: "POST".into(), body: Some("{\"id\": 7}".into()), headers, ..get(server.url("/orders")) };
    assert_eq!(detail(check(&post, &Options::default())), "the header Authorization needs ORDERS_TOKEN: export it");
    assert_eq!(server.requests(), [""; 0]);

    let headers = BTreeMap::from([("ORDERS_TOKEN".to_owned(), "Bearer abc".to_owned())]);
    assert_eq!(check(&post, &Options { headers, ..Options::default() }).detail, None);
    let request = &server.requests()[0];
    assert!(request.starts_with("POST /orders HTTP/1.1\r\n"), "{request}");
    assert!(request.to_lowercase().contains("authorization: bearer abc"), "{request}");
    assert!(request.ends_with("{\"id\": 7}"), "{request}");
}

#[test]
fn the_value_of_a_header_that_comes_back_is_not_kept() {
    let token = "7".repeat(100);
    let server = Server::json(&format!(r#"{{"authorization": "Bearer {token}", "token": "{token}", "id": 7}}"#));
    let headers = BTreeMap::from([("Authorization".to_owned(), "ORDERS_TOKEN".to_owned())]);
    let json = Some(json!({"token": null}));
    let echoed = HttpCheck { headers, json, ..get(server.url("/debug")) };
    let headers = BTreeMap::from([("ORDERS_TOKEN".to_owned(), format!("Bearer {token}"))]);
    let outcome = check(&echoed, &Options { headers, ..Options::default() });
    assert_eq!(outcome.output, r#"{"authorization": "***", "token": "***", "id": 7}"#);
    assert_eq!(outcome.detail.unwrap(), r#"$.token is "***", expected null"#);
}

#[test]
fn nobody_there_is_an_error() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let outcome = check(&get(format!("http://{free}/")), &Options::default());
    assert_eq!((outcome.conclusion, outcome.code), (Conclusion::Error, None));
    assert!(outcome.detail.unwrap().to_lowercase().contains("refused"));
}

#[test]
fn forged_addresses_get_no_connection() {
    let server = Server::json("{}");
    let port = server.address.port();
    let closed = Options { loopback: false, hosts: vec!["[::ffff:127.0.0.1]".into()], ..Options::default() };
    let open = Options { hosts: vec!["169.254.169.254".into(), "0x7f.1".into()], ..Options::default() };
    for (url, options) in [
        (format!("http://127.0.0.1:{port}/"), &closed),
        (format!("http://localhost:{port}/"), &closed),
        (format!("http://[::ffff:127.0.0.1]:{port}/"), &closed),
        (format!("http://0x7f.1:{port}/"), &open),
        (format!("http://2130706433:{port}/"), &open),
        (format!("http://127.1:{port}/"), &open),
        (format!("http://shop.example.com:{port}/"), &open),
        ("http://169.254.169.254/latest/meta-data/".to_owned(), &open),
        ("http://[::ffff:169.254.169.254]/".to_owned(), &open),
        ("file:///etc/hostname".to_owned(), &open),
        (format!("http://shop.example.com@127.0.0.1:{port}/"), &closed),
    ] {
        let outcome = check(&get(url.clone()), options);
        assert_eq!((outcome.conclusion, outcome.code), (Conclusion::Error, None), "{url}");
        assert_eq!(outcome.output, "", "{url}");
    }
    assert_eq!(server.requests(), [""; 0]);
}

#[test]
fn a_redirect_is_followed_only_when_it_may_be_and_never_to_where_none_may_go() {
    let inner = Server::json("{}");
    let outer = redirect(&inner.url("/inner"));
    let said = detail(check(&get(outer.url("/")), &Options::default()));
    assert_eq!(said, format!("status 302 (redirect to {}), expected 200", inner.url("/inner")));
    assert_eq!(inner.requests(), [""; 0]);

    let follow = Options { redirects: 3, ..Options::default() };
    assert_eq!(check(&get(outer.url("/")), &follow).detail, None);
    assert_eq!(inner.requests().len(), 1);

    // One that carries what a variable holds goes nowhere else.
    let headers = BTreeMap::from([("X-Key".to_owned(), "KEY".to_owned())]);
    let values = BTreeMap::from([("KEY".to_owned(), "abc".to_owned())]);
    let keyed = HttpCheck { headers, ..get(outer.url("/")) };
    assert!(detail(check(&keyed, &Options { headers: values, ..follow })).starts_with("status 302"));
    assert_eq!(inner.requests().len(), 1);

    // A host that may be asked, and that leads to this machine.
    let hosts = vec!["shop.example.com".to_owned()];
    let outside = Options { redirects: 3, hosts, loopback: false, ..Options::default() };
    let resolver = Names::new(&[("shop.example.com", vec![SocketAddr::from(([127, 0, 0, 1], outer.address.port()))])]);
    let url = format!("http://shop.example.com:{}/", outer.address.port());
    let said = detail(check_by(&get(url), &outside, resolver));
    assert_eq!(said, "shop.example.com has the address 127.0.0.1, which is this machine");
    assert_eq!((outer.requests().len(), inner.requests().len()), (3, 1));
}

#[test]
fn every_hop_of_a_redirect_is_judged() {
    let inner = Server::json("{}");
    let port = inner.address.port();
    let follow = Options { redirects: 3, ..Options::default() };
    for to in
        [format!("http://0x7f.1:{port}/"), format!("http://shop.example.com:{port}/"), "http://169.254.169.254/".into()]
    {
        let outer = redirect(&to);
        let outcome = check(&get(outer.url("/")), &follow);
        assert_eq!((outcome.conclusion, outcome.code), (Conclusion::Error, None), "{to}");
        assert_eq!(outer.requests().len(), 1);
    }
    assert_eq!(inner.requests(), [""; 0]);
}

#[test]
fn a_name_is_asked_for_once_and_what_it_means_later_does_not_count() {
    let server = Server::json("{}");
    let here = server.address;
    let elsewhere = SocketAddr::from(([192, 0, 2, 1], here.port()));
    let options = Options { hosts: vec!["shop.example.com".into()], ..Options::default() };
    // At first it has an address that may be asked (and where nobody is), then this machine's.
    let resolver = Names::new(&[("shop.example.com", vec![elsewhere]), ("shop.example.com", vec![here])]);
    let asked = Arc::clone(&resolver.asked);
    let check = HttpCheck { timeout_s: 1, ..get(format!("http://shop.example.com:{}/", here.port())) };
    let outcome = check_by(&check, &options, resolver);
    assert_eq!((outcome.conclusion, outcome.code), (Conclusion::Error, None));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(server.requests(), [""; 0]);
}

/// Names with the addresses they have, one answer after the other.
#[derive(Debug)]
struct Names {
    answers: Vec<(String, Vec<SocketAddr>)>,
    asked: Arc<AtomicUsize>,
}

impl Names {
    fn new(answers: &[(&str, Vec<SocketAddr>)]) -> Self {
        let answers = answers.iter().map(|(name, found)| ((*name).to_owned(), found.clone())).collect();
        Self { answers, asked: Arc::new(AtomicUsize::new(0)) }
    }
}

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let nth = self.asked.fetch_add(1, Ordering::Relaxed);
        let named: Vec<_> = self.answers.iter().filter(|(name, _)| Some(name.as_str()) == uri.host()).collect();
        let mut found = self.empty();
        for address in named.get(nth).or(named.last()).map(|(_, found)| found.clone()).unwrap_or_default() {
            found.push(address);
        }
        if found.is_empty() { Err(Error::HostNotFound) } else { Ok(found) }
    }
}

//! Requests: sent within bounds, and the answer compared with what was expected.

use std::borrow::Cow;
use std::time::Duration;

use ureq::http::{Method, Request, Response};
#[cfg(feature = "https")]
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, Resolver};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Error};

use super::address::Guard;
use super::{Options, json, kept};
use crate::model::{Conclusion, HttpCheck, Outcome, limit};
use crate::sys;

/// Bytes of a header's value from which on it is taken for a secret.
const SECRET: usize = 8;

/// What came back.
struct Answer {
    status: u16,
    body: Vec<u8>,
    /// Where a redirect that was not followed would lead.
    location: Option<String>,
}

impl Answer {
    fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The answer without these values; those of a few characters are words that occur by chance.
    fn without(self, secrets: &[&str]) -> Self {
        let long: Vec<_> = secrets.iter().filter(|secret| secret.len() >= SECRET).collect();
        if long.is_empty() {
            return self;
        }
        let mask = |text: String| long.iter().fold(text, |text, secret| text.replace(**secret, "***"));
        let body = mask(self.text().into_owned()).into_bytes();
        Self { status: self.status, body, location: self.location.map(mask) }
    }
}

/// Runs a check that is a request.
pub(super) fn check(check: &HttpCheck, options: &Options) -> Outcome {
    check_by(check, options, DefaultResolver::default())
}

fn check_by(check: &HttpCheck, options: &Options, resolver: impl Resolver) -> Outcome {
    let began = sys::clock::start();
    let answer = ask(check, options, resolver);
    let seconds = began.elapsed().as_secs_f64();
    match answer {
        Err(why) => {
            let (conclusion, detail) = (Conclusion::Error, Some(why));
            Outcome { conclusion, detail, code: None, seconds, output: String::new(), cut: false }
        }
        Ok(answer) => {
            let differed = differs(check, &answer, seconds).is_some();
            // What is said of it quotes from it, and may cut what it quotes.
            let answer = answer.without(&values(check, options));
            let said =
                || differs(check, &answer, seconds).unwrap_or_else(|| "the answer is not as expected".to_owned());
            let detail = differed.then(said);
            let conclusion = if detail.is_none() { Conclusion::Passed } else { Conclusion::Failed };
            let (output, cut) = kept(&answer.body, options.keep);
            Outcome { conclusion, detail, code: Some(i32::from(answer.status)), seconds, output, cut }
        }
    }
}

/// The values that were sent as headers: an answer may repeat them, and what is kept is read by the whole team.
fn values<'a>(check: &HttpCheck, options: &'a Options) -> Vec<&'a str> {
    let values = check.headers.values().filter_map(|variable| options.headers.get(variable));
    // `Bearer abc` is repeated without its scheme, too.
    values.flat_map(|value| [Some(value.as_str()), value.split_once(' ').map(|(_, rest)| rest)]).flatten().collect()
}

fn ask(check: &HttpCheck, options: &Options, resolver: impl Resolver) -> Result<Answer, String> {
    let timeout = Duration::from_secs(u64::from(check.timeout_s));
    let config = Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        // Proxies that the environment names are not asked: the address would be theirs to choose.
        .proxy(None)
        // What a header names is for the host it was written for, and for no other.
        .max_redirects(if check.headers.is_empty() { options.redirects } else { 0 })
        .allow_non_standard_methods(true)
        .user_agent(concat!("shipnote/", env!("CARGO_PKG_VERSION")))
        .max_redirects_will_error(false);
    #[cfg(feature = "https")]
    let config = config.tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build());
    let config = config.build();
    let agent = Agent::with_parts(config, DefaultConnector::default(), Guard::new(resolver, options));
    let response = send(&agent, check, options).map_err(|error| said(&error, timeout))?;
    let location = response.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let status = response.status().as_u16();
    let body = response.into_body().into_with_config().limit(limit::ANSWER as u64).read_to_vec();
    Ok(Answer { status, location, body: body.map_err(|error| said(&error, timeout))? })
}

fn send(agent: &Agent, check: &HttpCheck, options: &Options) -> Result<Response<Body>, Error> {
    if !["http://", "https://"].iter().any(|scheme| check.url.starts_with(scheme)) {
        return Err(Error::Other("its address must begin with http:// or https://".into()));
    }
    if cfg!(not(feature = "https")) && check.url.starts_with("https://") {
        return Err(Error::Other("this build of shipnote has no TLS: it asks http:// addresses only".into()));
    }
    let mut request = Request::builder().uri(&check.url);
    request = request.method(Method::from_bytes(check.method.as_bytes()).map_err(ureq::http::Error::from)?);
    for (name, variable) in &check.headers {
        let value = options.headers.get(variable);
        let value =
            value.ok_or_else(|| Error::Other(format!("the header {name} needs {variable}: export it").into()))?;
        request = request.header(name, value);
    }
    match &check.body {
        Some(body) => agent.run(request.body(body)?),
        None => agent.run(request.body(())?),
    }
}

/// What went wrong, in a line.
fn said(error: &Error, timeout: Duration) -> String {
    match error {
        Error::Other(why) => why.to_string(),
        Error::Timeout(_) => format!("no answer within {} s", timeout.as_secs()),
        Error::BodyExceedsLimit(most) => format!("the answer is longer than {most} bytes"),
        Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

fn differs(check: &HttpCheck, answer: &Answer, seconds: f64) -> Option<String> {
    let location = || answer.location.as_ref().map(|to| format!(" (redirect to {to})")).unwrap_or_default();
    // Without an expected status, any that says yes will do.
    let as_expected = check.status.map_or((200..300).contains(&answer.status), |status| status == answer.status);
    if !as_expected {
        let expected = check.status.map_or("2xx".to_owned(), |status| status.to_string());
        return Some(format!("status {}{}, expected {expected}", answer.status, location()));
    }
    if let Some(expected) = &check.json {
        let Ok(actual) = serde_json::from_slice(&answer.body) else { return Some("the answer is not JSON".to_owned()) };
        if let Some(differs) = json::differs(expected, &actual) {
            return Some(differs);
        }
    }
    if let Some(text) = &check.contains
        && !answer.text().contains(text)
    {
        return Some(format!("the answer does not contain {text:?}"));
    }
    let milliseconds = seconds * 1000.0;
    let most = check.max_ms.filter(|most| milliseconds > *most as f64)?;
    Some(format!("took {milliseconds:.0} ms, at most {most} expected"))
}

#[cfg(test)]
mod tests;

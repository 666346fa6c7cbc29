//! Web addresses of pull and merge requests, from the address of the remote.

use std::path::Path;

use anyhow::Result;

use super::message::Request;
use crate::model::Link;
use crate::sys::git;

/// The pages of requests at the remote `origin`, each once; none without a remote on the web.
pub(super) fn links(folder: &Path, requests: &[&Request]) -> Result<Vec<Link>> {
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let Some(remote) = Remote::of(folder)? else { return Ok(Vec::new()) };
    let mut links = Vec::new();
    for link in requests.iter().filter_map(|request| remote.page(request)) {
        if !links.contains(&link) {
            links.push(link);
        }
    }
    Ok(links)
}

/// A remote on the web.
pub struct Remote {
    web: String,
}

impl Remote {
    /// The remote at the address that git knows; `None` where it is not on the web.
    pub fn read(address: &str) -> Option<Self> {
        web(address).map(|web| Self { web })
    }

    /// The remote `origin` of the repository around `folder`.
    ///
    /// # Errors
    /// No git.
    pub fn of(folder: &Path) -> Result<Option<Self>> {
        let address = git::run(folder, &["config", "--get", "remote.origin.url"])?.text();
        Ok(address.and_then(|address| Self::read(address.trim())))
    }

    /// Its address on the web, without credentials.
    pub(super) fn web(&self) -> &str {
        &self.web
    }

    /// The page of an issue.
    pub fn issue(&self, number: u64) -> Link {
        // On GitLab, too, which leads on to its own address.
        Link { url: format!("{}/issues/{number}", self.web), title: Some(format!("issue #{number}")) }
    }

    /// The page of a request.
    pub(super) fn page(&self, request: &Request) -> Option<Link> {
        let web = &self.web;
        let host = web.trim_start_matches("https://").trim_start_matches("http://").split('/').next()?;
        let (url, title) = match request {
            Request::Pull(number) => (format!("{web}/pull/{number}"), format!("pull request #{number}")),
            Request::Merge(project, number) => {
                let scheme = if web.starts_with("http://") { "http" } else { "https" };
                let base = project.as_ref().map_or(web.clone(), |project| format!("{scheme}://{host}/{project}"));
                (format!("{base}/-/merge_requests/{number}"), format!("merge request !{number}"))
            }
        };
        Some(Link { url, title: Some(title) })
    }
}

/// `git@host:team/repo.git`, `ssh://git@host:22/team/repo`, `https://user:secret@host/team/repo.git` →
/// `https://host/team/repo`. Whoever is named in it is left out: it may be a secret.
fn web(remote: &str) -> Option<String> {
    let (scheme, rest) = match remote.split_once("://") {
        Some(("http", rest)) => ("http", rest),
        Some(("https", rest)) => ("https", rest),
        Some(("ssh" | "git" | "git+ssh", rest)) => ("https", rest),
        Some(_) => return None,
        None => {
            let (host, path) = remote.split_once(':')?;
            return (host.contains('.') && !path.starts_with('\\')).then(|| clean("https", host, path)).flatten();
        }
    };
    let (host, path) = rest.split_once('/')?;
    // A port of ssh says nothing of the web; one of http does.
    let bare = host.rsplit('@').next().unwrap_or(host);
    let host = if remote.starts_with("http") { bare } else { bare.split(':').next().unwrap_or(bare) };
    clean(scheme, host, path)
}

fn clean(scheme: &str, host: &str, path: &str) -> Option<String> {
    let host = host.rsplit('@').next().unwrap_or(host);
    let path = path.trim_matches('/').trim_end_matches(".git");
    let plain =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/:%+".contains(c));
    (plain(host) && plain(path)).then(|| format!("{scheme}://{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_become_web_addresses_without_credentials() {
        for (remote, expected) in [
            ("git@git.example.com:shop/orders.git", Some("https://git.example.com/shop/orders")),
            ("ssh://git@git.example.com:2222/shop/orders.git", Some("https://git.example.com/shop/orders")),
            ("https://oncall:hunter2@git.example.com/shop/orders.git", Some("https://git.example.com/shop/orders")),
            ("http://git.example.com:3000/shop/orders/", Some("http://git.example.com:3000/shop/orders")),
            ("/srv/git/orders.git", None),
            ("../orders", None),
            ("C:\\repos\\orders", None),
            ("file:///srv/git/orders.git", None),
            ("https://git.example.com/a b", None),
        ] {
            assert_eq!(web(remote).as_deref(), expected, "{remote}");
        }
    }

    #[test]
    fn requests_have_the_page_of_their_host() {
        let remote = Remote::read("git@git.example.com:shop/orders.git").unwrap();
        let url = |request| remote.page(&request).map(|link| link.url);
        assert_eq!(url(Request::Pull(7)).as_deref(), Some("https://git.example.com/shop/orders/pull/7"));
        let merge = Request::Merge(Some("shop/billing".into()), 45);
        assert_eq!(url(merge).as_deref(), Some("https://git.example.com/shop/billing/-/merge_requests/45"));
    }
}

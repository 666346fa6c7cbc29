//! Where a request may go: hosts by name, and the addresses they turn out to have.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::Options;

/// Addresses at which clouds hand out credentials, apart from the link-local ones: Amazon's and Google's by IPv6, Alibaba's,
/// Azure's, Oracle's.
const METADATA: &[IpAddr] = &[
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
];

/// Resolves a name once and hands on its addresses only when a request may go to every one of them. The connection is made
/// to these: a name that means something else a moment later changes nothing. Every redirect comes by here as well.
#[derive(Debug)]
pub(super) struct Guard<R> {
    inner: R,
    hosts: Vec<String>,
    loopback: bool,
}

impl<R> Guard<R> {
    pub(super) fn new(inner: R, options: &Options) -> Self {
        Self { inner, hosts: options.hosts.clone(), loopback: options.loopback }
    }

    /// Why no request may go to this host.
    fn refuses_host(&self, host: &str) -> Option<String> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        if literal(&host).is_none() && ends_in_number(&host) {
            return Some(format!("{host} is an address in an unusual spelling: write it as 127.0.0.1 is written"));
        }
        let listed = self.hosts.iter().any(|known| match known.strip_prefix("*.") {
            Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
            None => *known == host,
        });
        let here = is_here(&host);
        if listed || here && self.loopback {
            None
        } else if here {
            Some(format!("{host} is this machine, and security.loopback is off"))
        } else {
            Some(format!("{host} is not a host that checks may ask: add it to security.hosts in shipnote.toml"))
        }
    }

    /// Why no request may go to this address of a host.
    fn refuses_address(&self, host: &str, address: IpAddr) -> Option<String> {
        let address = canonical(address);
        let why = match address {
            _ if METADATA.contains(&address) => "hands out credentials",
            _ if address.is_unspecified() => "is no address",
            _ if address.is_multicast() => "is a multicast address",
            IpAddr::V4(v4) if v4.is_link_local() => "is a link-local address",
            IpAddr::V6(v6) if v6.is_unicast_link_local() => "is a link-local address",
            IpAddr::V4(v4) if v4.is_broadcast() || v4.octets()[0] == 0 => "is no address of a host",
            _ if address.is_loopback() && !(self.loopback && is_here(host)) => "is this machine",
            // A name such as x.localhost may be asked without being listed: for what it stands for, and nothing else.
            _ if is_here(host) && !address.is_loopback() => "is not this machine",
            _ => return None,
        };
        Some(format!("{host} has the address {address}, which {why}"))
    }
}

impl<R: Resolver> Resolver for Guard<R> {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let refuse = |why: String| Error::Other(why.into());
        let host = uri.host().unwrap_or_default();
        if let Some(why) = self.refuses_host(host) {
            return Err(refuse(why));
        }
        let found = self.inner.resolve(uri, config, timeout)?;
        match found.iter().find_map(|address| self.refuses_address(host, address.ip())) {
            Some(why) => Err(refuse(why)),
            None => Ok(found),
        }
    }
}

/// The address that a host is written as.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether a host names this machine (RFC 6761, section 6.3).
fn is_here(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    match literal(&host) {
        Some(address) => canonical(address).is_loopback(),
        None => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// Whether a name would be read as an IPv4 address by some (the WHATWG URL Standard, "ends in a number"), for instance
/// `0x7f.1` or `2130706433`.
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let hexadecimal =
        last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    hexadecimal || !last.is_empty() && last.bytes().all(|digit| digit.is_ascii_digit())
}

/// The IPv4 address that an IPv6 one stands for: mapped (RFC 4291), compatible, translated (RFC 6052) or 6to4 (RFC 3056).
fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let embedded = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(hosts: &[&str], loopback: bool) -> Guard<()> {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        Guard::new((), &Options { hosts, loopback, ..Options::default() })
    }

    #[test]
    fn hosts_are_those_listed_and_this_machine() {
        let guard = guard(&["shop.example.com", "*.internal.example.com"], true);
        for host in
            ["shop.example.com", "SHOP.example.com.", "a.internal.example.com", "localhost", "127.0.0.1", "[::1]"]
        {
            assert_eq!(guard.refuses_host(host), None, "{host}");
        }
        let other =
            ["example.com", "internal.example.com", "xinternal.example.com", "10.0.0.1", "localhost.example.com"];
        for host in other.into_iter().chain(["0x7f.1", "2130706433", "127.1", "0177.0.0.1", "[fe80::1]", ""]) {
            assert!(guard.refuses_host(host).is_some(), "{host}");
        }
    }

    #[test]
    fn this_machine_can_be_closed() {
        let guard = guard(&[], false);
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]"] {
            assert!(guard.refuses_host(host).unwrap().contains("loopback is off"), "{host}");
        }
    }

    #[test]
    fn addresses_that_no_check_may_ask_whatever_the_name() {
        let guard = guard(&["shop.example.com"], true);
        let refuses = |address: &str| guard.refuses_address("shop.example.com", address.parse().unwrap());
        for address in ["93.184.216.34", "10.0.0.1", "2001:db8::1", "64:ff9b::5db8:d822"] {
            assert_eq!(refuses(address), None, "{address}");
        }
        let never = ["169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "fe80::1"];
        let here = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::", "0.1.2.3"];
        for address in never.into_iter().chain(here).chain(["224.0.0.1", "ff02::1", "255.255.255.255", "fd00:ec2::254"])
        {
            assert!(refuses(address).is_some(), "{address}");
        }
        assert_eq!(guard.refuses_address("localhost", "127.0.0.1".parse().unwrap()), None);
        assert!(guard.refuses_address("shop.localhost", "10.0.0.1".parse().unwrap()).is_some());
    }
}

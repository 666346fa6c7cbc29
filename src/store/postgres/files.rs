//! The files of libpq: passwords and services.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::address::{Environment, Host, Password, Said};

/// The password of a host by the password file (<https://www.postgresql.org/docs/15/libpq-pgpass.html>).
pub(super) fn password(
    host: &Host,
    database: &str,
    user: &str,
    file: Option<String>,
    environment: &Environment<'_>,
) -> Result<Option<Password>> {
    let named = file.or_else(|| environment("PGPASSFILE")).map(PathBuf::from);
    let usual = || environment("HOME").map(|home| Path::new(&home).join(".pgpass"));
    let Some(path) = named.or_else(usual) else { return Ok(None) };
    if !path.is_file() {
        return Ok(None);
    }
    if is_open_to_others(&path)? {
        bail!("others may read the password file {}: chmod 600 {0}", path.display());
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    // A socket in the usual folder counts as `localhost`.
    let name = if host.name.starts_with('/') { "localhost" } else { host.name.as_str() };
    let port = host.port.to_string();
    let wanted = [name, port.as_str(), database, user];
    let found = text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = divided(line);
        let (password, fields) = fields.split_last().filter(|(_, fields)| fields.len() == wanted.len())?;
        let fits = fields.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted);
        (fits || fields[0] == host.name && fields[1..].iter().zip(&wanted[1..]).all(|(f, w)| f == "*" || f == w))
            .then(|| Password(password.clone()))
    });
    Ok(found)
}

/// The fields of a line; `\:` and `\\` stand for themselves.
fn divided(line: &str) -> Vec<String> {
    let (mut fields, mut characters) = (vec![String::new()], line.chars());
    while let Some(c) = characters.next() {
        match c {
            ':' if fields.len() < 5 => fields.push(String::new()),
            '\\' => fields.last_mut().into_iter().for_each(|field| field.extend(characters.next())),
            c => fields.last_mut().into_iter().for_each(|field| field.push(c)),
        }
    }
    fields
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> Result<bool> {
    Ok(false)
}

/// What a service file says of a service (<https://www.postgresql.org/docs/15/libpq-pgservice.html>).
pub(super) fn service(name: &str, environment: &Environment<'_>) -> Result<Said> {
    let own = environment("PGSERVICEFILE")
        .map(PathBuf::from)
        .or_else(|| environment("HOME").map(|home| Path::new(&home).join(".pg_service.conf")));
    let system = environment("PGSYSCONFDIR").map(|folder| Path::new(&folder).join("pg_service.conf"));
    for path in own.into_iter().chain(system).filter(|path| path.is_file()) {
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if let Some(said) = section(&text, name) {
            return Ok(said);
        }
    }
    bail!("there is no service [{name}] in the file that PGSERVICEFILE names, nor in ~/.pg_service.conf")
}

fn section(text: &str, name: &str) -> Option<Said> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines.find(|line| line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) == Some(name))?;
    let pairs = lines.take_while(|line| !line.starts_with('[')).filter_map(|line| line.split_once('='));
    Some(pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::super::address::Address;
    use super::*;

    fn address(url: &str, files: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Address> {
        let folder = tempfile::tempdir()?;
        for (name, text) in files {
            let path = folder.path().join(name);
            std::io::Write::write_all(&mut std::fs::File::create(&path)?, text.as_bytes())?;
            #[cfg(unix)]
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        }
        Address::read(url, &|wanted| {
            let home = (wanted == "HOME").then(|| folder.path().display().to_string());
            home.or_else(|| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned()))
        })
    }

    #[test]
    fn a_password_file_is_asked_for_each_host() {
        let file = "# a comment\none:*:records:me:first\\:one\n*:5433:*:*:second\n";
        let read = address("postgres://me@one,two:5433,three/records", &[(".pgpass", file)], &[]).unwrap();
        let passwords: Vec<_> =
            read.hosts.iter().map(|host| host.password.as_ref().map(|password| password.0.clone())).collect();
        assert_eq!(passwords, [Some("first:one".to_owned()), Some("second".to_owned()), None]);
        let read = address("postgres://me@one/records", &[(".pgpass", file)], &[("PGPASSWORD", "third")]).unwrap();
        assert_eq!(read.hosts[0].password.as_ref().unwrap().0, "third");
    }

    #[test]
    fn a_service_says_what_the_url_does_not() {
        let file = "[other]\nhost=x\n[records]\nhost=one,two\nport=1,2\nuser = me\ndbname=notes\npassword=p\n";
        let files = [(".pg_service.conf", file)];
        let read = address("postgres:///mine", &files, &[("PGSERVICE", "records")]).unwrap();
        assert_eq!(read.to_string(), "postgres://me@one:1,two:2/mine");
        assert_eq!(read.hosts[0].password.as_ref().unwrap().0, "p");
        let error = address("postgres:///?service=none", &files, &[]).unwrap_err();
        assert!(error.to_string().contains("there is no service [none]"), "{error}");
    }
}

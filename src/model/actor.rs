use std::fmt;

use serde::{Deserialize, Serialize};

/// Who does something: the user of the operating system, and who that is to git where git was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The name of the user.
    #[serde(rename = "actor")]
    pub user: String,
    /// A name and an address, as git writes them into commits: `Name <address>`.
    pub git_identity: Option<String>,
}

/// Shows the user and the name; the address is left out.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.git_identity {
            Some(identity) => {
                let name = identity.split('<').next().unwrap_or_default().trim();
                write!(f, "{} ({})", self.user, if name.is_empty() { identity } else { name })
            }
            None => f.write_str(&self.user),
        }
    }
}

/// A user that git knows nothing of.
impl From<&str> for Actor {
    fn from(user: &str) -> Self {
        Self { user: user.to_owned(), git_identity: None }
    }
}

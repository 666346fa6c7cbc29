//! Ids: 60 bits as 12 characters of lower-case Crockford base32.
//!
//! The alphabet leaves out `i`, `l`, `o` and `u`; on input `i` and `l` are read as `1` and `o` as `0`, so an id copied by
//! hand still works. See <https://www.crockford.com/base32.html>.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The name of one change, the same for ever.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChangeId(String);

/// Why a text is not an id, or not the beginning of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id: ids are 12 characters of 0-9 and a-z (a unique beginning is enough)")]
pub struct IdError(String);

impl ChangeId {
    /// Characters in an id.
    pub const LEN: usize = 12;

    /// The id spelled by the lowest 60 bits of `bits`.
    pub fn from_bits(bits: u64) -> Self {
        let text =
            (0..Self::LEN).rev().map(|place| char::from(ALPHABET[(bits >> (place * 5)) as usize & 31])).collect();
        Self(text)
    }

    /// The id of what `kind` knows under `key`: two people who import the same thing get the same id.
    pub fn from_key(kind: &str, key: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(kind.as_bytes());
        hasher.update(&[0]);
        hasher.update(key.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        Self::from_bits(u64::from_be_bytes(first) >> 4)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the beginning of an id: the characters folded to the alphabet, between 1 and 12 of them.
    ///
    /// # Errors
    /// [`IdError`] when a character is not in the alphabet, or there are none or too many.
    pub fn fold_prefix(text: &str) -> Result<String, IdError> {
        let folded: String = text
            .trim()
            .chars()
            .map(|c| match c.to_ascii_lowercase() {
                'i' | 'l' => '1',
                'o' => '0',
                c => c,
            })
            .collect();
        let fits = (1..=Self::LEN).contains(&folded.len()) && folded.bytes().all(|b| ALPHABET.contains(&b));
        if fits { Ok(folded) } else { Err(IdError(text.chars().take(40).collect())) }
    }
}

impl FromStr for ChangeId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let folded = Self::fold_prefix(text)?;
        if folded.len() == Self::LEN { Ok(Self(folded)) } else { Err(IdError(text.to_owned())) }
    }
}

impl TryFrom<String> for ChangeId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<ChangeId> for String {
    fn from(id: ChangeId) -> Self {
        id.0
    }
}

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChangeId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_spell_twelve_characters() {
        assert_eq!(ChangeId::from_bits(0).as_str(), "000000000000");
        assert_eq!(ChangeId::from_bits((1 << 60) - 1).as_str(), "zzzzzzzzzzzz");
        assert_eq!(ChangeId::from_bits(33).as_str(), "000000000011");
    }

    #[test]
    fn a_hand_copied_id_is_read() {
        let id: ChangeId = "K7M2XQ9DWVOI".parse().unwrap();
        assert_eq!(id.as_str(), "k7m2xq9dwv01");
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in ["", "k7m2xq9dwv4", "k7m2xq9dwv4pp", "k7m2xq9dwv4u", "../../etc/pw"] {
            assert!(text.parse::<ChangeId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_names_the_same_id_everywhere() {
        assert_eq!(ChangeId::from_key("git", "a"), ChangeId::from_key("git", "a"));
        assert_ne!(ChangeId::from_key("git", "ab"), ChangeId::from_key("gita", "b"));
    }
}

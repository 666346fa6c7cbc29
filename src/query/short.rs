//! Short words that are looked up very often.

use std::hash::{Hash, Hasher};

/// A word of at most [`Short::LONGEST`] bytes, without a pointer to follow: a table of them is read once for each look, where
/// one of strings is read twice or three times, mostly from far away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Short([u64; 3]);

impl Short {
    /// The last byte is the length.
    const LONGEST: usize = 23;

    /// The word, if it is a short one.
    pub(crate) fn new(word: &str) -> Option<Self> {
        let length = u8::try_from(word.len()).ok().filter(|length| usize::from(*length) <= Self::LONGEST)?;
        let mut bytes = [0; 24];
        bytes[..word.len()].copy_from_slice(word.as_bytes());
        bytes[Self::LONGEST] = length;
        let (numbers, _) = bytes.as_chunks();
        Some(Self([0, 1, 2].map(|at| u64::from_le_bytes(numbers[at]))))
    }
}

impl Hash for Short {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|number| state.write_u64(*number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_equal_when_their_letters_are() {
        let word = "a".repeat(Short::LONGEST);
        assert_eq!(Short::new(&word), Short::new(&word));
        assert_eq!(Short::new(&format!("{word}a")), None);
        assert_ne!(Short::new("a"), Short::new("a\0"));
        assert_ne!(Short::new(""), Short::new("\0"));
        assert_ne!(Short::new(&word), Short::new(&word[1..]));
    }
}

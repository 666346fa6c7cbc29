//! Words that were meant: how far two are apart, and which are worth a try.

/// Words of fewer letters have too many neighbours, longer ones are data.
const SHORTEST: usize = 4;
const LONGEST: usize = 32;

/// Words of at least so many letters may be two letters off.
const TWO_OFF: usize = 8;

/// Whether a word (folded) is one that people misspell: letters, neither short nor endless.
pub fn can_be_misspelt(word: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// A misspelt word to compare others with.
#[derive(Debug)]
pub struct Near<'a> {
    word: &'a str,
    letters: u32,
    most: u32,
}

impl<'a> Near<'a> {
    /// The word, folded; `None` for one that [`can_be_misspelt`] does not take.
    pub fn new(word: &'a str) -> Option<Self> {
        let most = if word.len() >= TWO_OFF { 2 } else { 1 };
        can_be_misspelt(word).then(|| Self { word, letters: letters(word), most })
    }

    /// How many letters were left out, put in, replaced or swapped with their neighbour to make the word of `other`
    /// (optimal string alignment distance); `None` when it is too far.
    pub fn distance(&self, other: &str) -> Option<u32> {
        if other.len().abs_diff(self.word.len()) > self.most as usize {
            return None;
        }
        // Each of these steps changes which letters there are by two at most.
        if (letters(other) ^ self.letters).count_ones() > 2 * self.most {
            return None;
        }
        let distance = u32::try_from(strsim::osa_distance(self.word, other)).ok()?;
        (distance <= self.most).then_some(distance)
    }
}

/// Which of the letters a to z there are.
fn letters(word: &str) -> u32 {
    word.bytes().filter(u8::is_ascii_lowercase).fold(0, |mask, byte| mask | 1 << (byte - b'a'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_letter_more_less_other_or_swapped() {
        let near = |word, other| Near::new(word).and_then(|near| near.distance(other));
        for other in ["timeout", "timeouts", "timeou", "timeuot", "tineout"] {
            assert!(near("timeout", other).is_some(), "{other}");
        }
        assert_eq!(near("conection", "connection"), Some(1));
        assert_eq!(near("conecton", "connection"), Some(2));
        assert_eq!(near("cach", "cache"), Some(1));
        for (word, other) in
            [("cache", "cat"), ("orders", "borders x"), ("abc", "abd"), ("p95", "p99"), ("time", "mite")]
        {
            assert_eq!(near(word, other), None, "{word} {other}");
        }
    }

    proptest! {
        /// The short cuts leave nothing out.
        #[test]
        fn what_is_near_is_found(word in "[a-d]{4,10}", other in "[a-d]{3,12}") {
            let near = Near::new(&word).unwrap();
            let distance = strsim::osa_distance(&word, &other) as u32;
            prop_assert_eq!(near.distance(&other), (distance <= near.most).then_some(distance));
        }
    }
}

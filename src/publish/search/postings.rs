//! Lists of document numbers in printable characters.
//!
//! A number is written in digits of 5 bits, the lowest first, each a character of base64url; 32 is added to all but the
//! last. A posting is how far its document is behind the one before it, less one, and a character for how well the
//! document matches.

/// Base64url (RFC 4648): harmless in a script and in an address.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// How many levels of match there are.
pub(super) const LEVELS: u8 = 64;

fn value(digit: u8) -> Option<u8> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    };
    Some(value)
}

/// Appends a number.
pub(super) fn push_number(text: &mut String, mut number: u32) {
    while number >= 32 {
        text.push(char::from(DIGITS[(number % 32) as usize + 32]));
        number /= 32;
    }
    text.push(char::from(DIGITS[number as usize]));
}

/// Reads numbers and digits.
#[derive(Debug, Clone)]
pub(super) struct Numbers<'a>(std::slice::Iter<'a, u8>);

impl<'a> Numbers<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text.as_bytes().iter())
    }

    /// Whether all was read.
    pub(super) fn is_at_end(&self) -> bool {
        self.0.len() == 0
    }

    fn digit(&mut self) -> Option<u8> {
        value(*self.0.next()?)
    }

    /// The next number; `None` at the end, and for what is none.
    pub(super) fn number(&mut self) -> Option<u32> {
        let mut number = 0_u32;
        for place in 0..6 {
            let digit = self.digit()?;
            number |= u32::from(digit % 32).checked_shl(place * 5)?;
            if digit < 32 {
                return Some(number);
            }
        }
        None
    }
}

/// The documents that have a term, in order, each with a level.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct List {
    text: String,
    /// The lowest document that may come next.
    next: u32,
}

impl List {
    /// A list of the documents from `first` on.
    pub(super) fn starting_at(first: u32) -> Self {
        Self { text: String::new(), next: first }
    }

    /// The list that was written so; `None` when it is none.
    pub(super) fn read(text: &str, first: u32) -> Option<Self> {
        let mut next = first;
        for posting in postings(text, first) {
            next = posting?.0 + 1;
        }
        Some(Self { text: text.to_owned(), next })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Appends a document; `false` when it is not behind all that are there.
    pub(super) fn push(&mut self, document: u32, level: u8) -> bool {
        let Some(gap) = document.checked_sub(self.next) else { return false };
        push_number(&mut self.text, gap);
        self.text.push(char::from(DIGITS[usize::from(level.min(LEVELS - 1))]));
        self.next = document + 1;
        true
    }

    /// Appends a list of documents from `first` on; `None` where they are not behind all that are there.
    pub(super) fn extend(&mut self, other: &Self, first: u32) -> Option<()> {
        for posting in postings(&other.text, first) {
            let (document, level) = posting?;
            self.push(document, level).then_some(())?;
        }
        Some(())
    }

    /// The same list in parts of `length` document numbers each, by part; parts without a document are left out.
    pub(super) fn chunks(&self, length: u32) -> Vec<(u32, Self)> {
        let mut chunks: Vec<(u32, Self)> = Vec::new();
        for (document, level) in postings(&self.text, 0).flatten() {
            let part = document / length;
            if chunks.last().is_none_or(|(last, _)| *last != part) {
                chunks.push((part, Self::starting_at(part * length)));
            }
            if let Some((_, list)) = chunks.last_mut() {
                list.push(document, level);
            }
        }
        chunks
    }
}

/// The postings of a list whose first document is `first` or behind it; ends with `None` where it cannot be read.
fn postings(text: &str, first: u32) -> impl Iterator<Item = Option<(u32, u8)>> {
    let mut numbers = Numbers::new(text);
    let mut next = Some(first);
    std::iter::from_fn(move || {
        let from = next.filter(|_| !numbers.is_at_end())?;
        let posting = (|| Some((numbers.number()?.checked_add(from)?, numbers.digit()?)))();
        next = posting.map(|(document, _)| document.saturating_add(1));
        Some(posting)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lists_come_back(documents in proptest::collection::btree_map(0_u32..16_384, 0..LEVELS, 0..200)) {
            let mut list = List::default();
            for (document, level) in &documents {
                prop_assert!(list.push(*document, *level));
            }
            let read: Vec<_> = postings(list.as_str(), 0).map(Option::unwrap).collect();
            prop_assert_eq!(&read, &documents.clone().into_iter().collect::<Vec<_>>());
            prop_assert_eq!(List::read(list.as_str(), 0), Some(list.clone()));
            let mut of_chunks = Vec::new();
            for (part, chunk) in list.chunks(4096) {
                of_chunks.extend(postings(chunk.as_str(), part * 4096).map(Option::unwrap));
            }
            prop_assert_eq!(of_chunks, read);
        }

        #[test]
        fn numbers_come_back(numbers in proptest::collection::vec(any::<u32>().prop_map(|n| n >> 2), 0..20)) {
            let mut text = String::new();
            numbers.iter().for_each(|number| push_number(&mut text, *number));
            let mut reader = Numbers::new(&text);
            let read: Vec<_> = std::iter::from_fn(|| reader.number()).collect();
            prop_assert_eq!(read, numbers);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[A-Za-z0-9_ -]{0,20}|\\PC{0,10}") {
            let _ = List::read(&text, 0);
        }
    }

    #[test]
    fn a_document_comes_once_and_in_order() {
        let mut list = List::default();
        assert!(list.push(3, 1) && !list.push(3, 1) && !list.push(2, 1) && list.push(4, 99));
        assert_eq!(list.as_str(), "DBA_");
        assert_eq!(List::read("D", 0), None);
        assert_eq!(List::read("D!", 0), None);
    }
}

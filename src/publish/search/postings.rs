//! Lists of document numbers in printable characters.
//!
//! A posting is one character of base64url for how well its document matches. Documents that are passed over before it are
//! counted in characters of another alphabet: the most common words, whose lists are longest, take little more than a byte
//! a document. Elsewhere a number is written in digits of 5 bits, the lowest first; 32 is added to all but the last.

/// Base64url (RFC 4648): harmless in a script and in an address.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Digits of 1 to 25, the highest first, so that no number has two forms. None of them has a meaning in a file of terms
/// (`shard`), in a string of JSON or in HTML.
const GAPS: &[u8; 25] = b"!#$%&'()*+,./;=>?@[]^`{|}";

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

fn push_gap(text: &mut String, gap: u32) {
    let mut digits = [0; 8];
    let (mut rest, mut count) = (gap, 0);
    while rest > 0 {
        rest -= 1;
        digits[count] = GAPS[(rest % 25) as usize];
        rest /= 25;
        count += 1;
    }
    text.extend(digits[..count].iter().rev().map(|digit| char::from(*digit)));
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
#[derive(Debug, Clone, Default)]
pub(super) struct List {
    text: String,
    /// The first document that its text may speak of.
    first: u32,
    /// The lowest document that may come next; of a list that was read, not known before it is asked for: most lists of a
    /// file stay as they are.
    next: Option<u32>,
}

impl List {
    /// A list of the documents from `first` on.
    pub(super) fn starting_at(first: u32) -> Self {
        Self { text: String::new(), first, next: Some(first) }
    }

    /// The list that was written so.
    pub(super) fn read(text: &str, first: u32) -> Self {
        Self { text: text.to_owned(), first, next: None }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn next(&mut self) -> Option<u32> {
        if self.next.is_none() {
            let last = postings(&self.text, self.first).try_fold(None, |_, posting| posting.map(Some))?;
            self.next = Some(last.map_or(self.first, |(document, _)| document + 1));
        }
        self.next
    }

    /// Appends a document; `false` when it is not behind all that are there, or these cannot be read.
    pub(super) fn push(&mut self, document: u32, level: u8) -> bool {
        let Some(gap) = self.next().and_then(|next| document.checked_sub(next)) else { return false };
        push_gap(&mut self.text, gap);
        self.text.push(char::from(DIGITS[usize::from(level.min(LEVELS - 1))]));
        self.next = Some(document + 1);
        true
    }

    /// Appends the documents of another list; `None` where they are not behind all that are there.
    pub(super) fn extend(&mut self, other: &Self) -> Option<()> {
        for posting in postings(&other.text, other.first) {
            let (document, level) = posting?;
            self.push(document, level).then_some(())?;
        }
        Some(())
    }
}

/// The postings of a list whose first document is `first` or behind it; ends with `None` where it cannot be read.
fn postings(text: &str, first: u32) -> impl Iterator<Item = Option<(u32, u8)>> {
    let mut bytes = text.bytes();
    let mut next = Some(first);
    std::iter::from_fn(move || {
        let from = next.filter(|_| bytes.len() > 0)?;
        let posting = posting(&mut bytes, from);
        next = posting.map(|(document, _)| document.saturating_add(1));
        Some(posting)
    })
}

fn posting(bytes: &mut std::str::Bytes<'_>, from: u32) -> Option<(u32, u8)> {
    let mut gap = 0_u32;
    loop {
        let byte = bytes.next()?;
        if let Some(level) = value(byte) {
            return Some((from.checked_add(gap)?, level));
        }
        let digit = GAPS.iter().position(|digit| *digit == byte)?;
        gap = gap.checked_mul(25)?.checked_add(digit as u32 + 1)?;
    }
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
            prop_assert_eq!(List::read(list.as_str(), 0).next(), list.next());
            let mut moved = List::starting_at(5);
            prop_assert_eq!(moved.extend(&list).is_some(), documents.keys().all(|document| *document >= 5));
        }

        #[test]
        fn gaps_come_back(gap in 0_u32..40_000_000) {
            let mut list = List::default();
            list.push(gap, 7);
            prop_assert_eq!(postings(list.as_str(), 0).next(), Some(Some((gap, 7))));
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
            let _ = List::read(&text, 0).next();
        }
    }

    #[test]
    fn a_document_comes_once_and_in_order() {
        let mut list = List::default();
        assert!(list.push(3, 1) && !list.push(3, 1) && !list.push(2, 1) && list.push(4, 99));
        assert_eq!(list.as_str(), "$B_");
        assert_eq!(List::read("$", 0).next(), None);
        assert_eq!(List::read("D\"", 0).next(), None);
    }
}

//! The outermost parts of a Markdown text.

use std::collections::HashMap;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// A heading of this level, from 1.
    Heading(u8),
    /// One entry of a list, with what is nested in it.
    Item,
    /// A paragraph.
    Paragraph,
    /// Code, a quotation, a table and the like.
    Other,
}

/// A part as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'t> {
    /// What it is.
    pub kind: BlockKind,
    /// Its Markdown.
    pub text: &'t str,
    /// Its first line, from 1.
    pub line: u64,
}

/// The outermost parts of a text in order, and where its reference definitions (`[label]: address`) lead.
pub fn blocks(markdown: &str) -> (Vec<Block<'_>>, HashMap<String, String>) {
    let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES);
    let definitions =
        parser.reference_definitions().iter().map(|(label, to)| (label.to_lowercase(), to.dest.to_string())).collect();
    let (mut found, mut depth, mut in_list) = (Vec::new(), 0_usize, false);
    let (mut line, mut counted) = (1, 0);
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(tag) => {
                let kind = match tag {
                    Tag::Heading { level, .. } => BlockKind::Heading(level as u8),
                    Tag::Paragraph => BlockKind::Paragraph,
                    Tag::Item => BlockKind::Item,
                    _ => BlockKind::Other,
                };
                let is_list = depth == 0 && matches!(tag, Tag::List(_));
                in_list |= is_list;
                if depth == 0 && !is_list || depth == 1 && in_list && kind == BlockKind::Item {
                    line += markdown[counted..range.start].matches('\n').count() as u64;
                    counted = range.start;
                    found.push(Block { kind, text: &markdown[range], line });
                }
                depth += 1;
            }
            Event::End(tag) => {
                depth -= 1;
                in_list &= !(depth == 0 && matches!(tag, TagEnd::List(_)));
            }
            _ => {}
        }
    }
    (found, definitions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_items_and_paragraphs_are_told_apart() {
        let text = "Title\n=====\n\ntext [a]\n\n## Two\n- one\n  - nested\n\n  more\n- two\n\n```\n- code\n```\n> quoted\n\n[a]: b\n";
        let (found, definitions) = blocks(text);
        let shown: Vec<_> = found.iter().map(|block| (block.kind, block.text.trim_end(), block.line)).collect();
        assert_eq!(
            shown,
            [
                (BlockKind::Heading(1), "Title\n=====", 1),
                (BlockKind::Paragraph, "text [a]", 4),
                (BlockKind::Heading(2), "## Two", 6),
                (BlockKind::Item, "- one\n  - nested\n\n  more", 7),
                (BlockKind::Item, "- two", 11),
                (BlockKind::Other, "```\n- code\n```", 13),
                (BlockKind::Other, "> quoted", 16),
            ]
        );
        assert_eq!(definitions["a"], "b");
    }

    #[test]
    fn deep_nesting_is_quick() {
        assert_eq!(blocks(&"> ".repeat(10_000)).0.len(), 1);
        assert!(!blocks(&format!("{}x", "- ".repeat(10_000))).0.is_empty());
    }
}

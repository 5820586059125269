//! Links in texts: found, bounded, and never opened by themselves.

use std::ops::Range;

use linkify::{LinkFinder, LinkKind};

/// More links than this in one text are not worth underlining: nobody clicks them one by one.
const MAX_LINKS: usize = 200;

/// Longer addresses are shown as plain text; browsers cut them as well.
const MAX_TARGET: usize = 2_048;

/// A part of a text that leads somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// In bytes of the text.
    pub range: Range<usize>,
    /// What is opened and what the tooltip shows: `http:`, `https:` or `mailto:`, nothing else.
    pub target: String,
}

/// Finds web and mail addresses, in order, without overlaps.
pub fn links(text: &str) -> Vec<Link> {
    // Most messages have none of these, and then there is nothing to look at closely.
    if !text.contains(['@', ':']) {
        return Vec::new();
    }
    LinkFinder::new().links(text).filter_map(|link| with_target(&link)).take(MAX_LINKS).collect()
}

fn with_target(link: &linkify::Link<'_>) -> Option<Link> {
    // Chinese sentences go on right behind an address, without a space.
    let shown = link.as_str().split(is_cjk_punctuation).next().unwrap_or_default();
    if shown.len() > MAX_TARGET || shown.chars().any(is_invisible) {
        return None;
    }
    let target = match link.kind() {
        LinkKind::Email => format!("mailto:{shown}"),
        LinkKind::Url => may_open(shown).then(|| shown.to_owned())?,
        _ => return None,
    };
    Some(Link { range: link.start()..link.start() + shown.len(), target })
}

/// Whether a target is of a kind that may be handed to the system: no `file:`, no program's own scheme.
pub fn may_open(target: &str) -> bool {
    let scheme = target.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    match scheme.as_str() {
        "http" | "https" => target[scheme.len()..].starts_with("://"),
        "mailto" => true,
        _ => false,
    }
}

fn is_cjk_punctuation(c: char) -> bool {
    matches!(
        c,
        '\u{3000}'
            ..='\u{303F}' | '，' | '！' | '？' | '；' | '：' | '（' | '）' | '．' | '“' | '”' | '‘' | '’' | '…'
    )
}

/// Characters that could make an address look like another one.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(text: &str) -> Vec<String> {
        links(text).into_iter().map(|link| link.target).collect()
    }

    #[test]
    fn web_and_mail_addresses_are_found_also_beside_chinese() {
        assert_eq!(targets("see https://example.org/a?b=1."), ["https://example.org/a?b=1"]);
        assert_eq!(targets("请看 https://example.org/照片，谢谢"), ["https://example.org/照片"]);
        assert_eq!(
            targets("(http://example.org/x) or me@example.org"),
            ["http://example.org/x", "mailto:me@example.org"]
        );
        let text = "看https://example.org 。";
        let link = &links(text)[0];
        assert_eq!(&text[link.range.clone()], "https://example.org");
    }

    #[test]
    fn other_schemes_are_plain_text() {
        for text in ["file:///etc/passwd", "javascript:alert(1)", "ssh://host", "smb://server/x", "ms-settings:display"]
        {
            assert_eq!(targets(text), Vec::<String>::new(), "{text}");
            assert!(!may_open(text), "{text}");
        }
        assert!(may_open("https://example.org") && may_open("HTTP://example.org") && may_open("mailto:a@b.c"));
        assert!(!may_open("https:evil") && !may_open(""));
    }

    #[test]
    fn an_address_with_hidden_characters_is_no_link() {
        assert_eq!(targets("https://example.org/\u{202E}gnp.exe"), Vec::<String>::new());
    }

    #[test]
    fn a_flood_of_links_is_bounded() {
        assert_eq!(links(&"http://example.org ".repeat(1_000)).len(), MAX_LINKS);
    }
}

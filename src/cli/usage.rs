//! Wrong words in one plain sentence, where clap would fill a page.

use clap::{
    CommandFactory as _, Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::args::Arguments;

/// What is wrong with these words, and where to read more.
pub(super) fn sentence(error: &Error, words: &[impl AsRef<std::ffi::OsStr>]) -> String {
    let what = what(error).unwrap_or_else(|| first_paragraph(&error.to_string()));
    let command = Arguments::command();
    let mut names = command.get_subcommands().map(clap::Command::get_name);
    let named = names.find(|name| words.iter().any(|word| word.as_ref() == *name));
    let named = named.map(|name| format!(" {name}")).unwrap_or_default();
    format!("{what}; see fantail{named} --help")
}

fn what(error: &Error) -> Option<String> {
    let one = |kind| match error.get(kind)? {
        ContextValue::String(text) => Some(plain(text)),
        ContextValue::Strings(texts) => texts.first().map(|text| plain(text)),
        _ => None,
    };
    let several = |kind| match error.get(kind) {
        Some(ContextValue::Strings(texts)) => texts.iter().map(|text| plain(text)).collect(),
        Some(ContextValue::String(text)) => vec![plain(text)],
        _ => Vec::new(),
    };
    Some(match error.kind() {
        ErrorKind::MissingRequiredArgument => match &several(ContextKind::InvalidArg)[..] {
            [] => return None,
            [only] => format!("{only} is missing"),
            missing => format!("{} are missing", missing.join(" and ")),
        },
        ErrorKind::MissingSubcommand => {
            let mut acts = several(ContextKind::ValidSubcommand);
            acts.retain(|act| act != "help");
            format!("one of {} is missing", acts.join(", "))
        }
        ErrorKind::UnknownArgument => {
            let meant = one(ContextKind::SuggestedArg).map(|meant| format!(" ({meant} is)")).unwrap_or_default();
            format!("{} is not expected here{meant}", one(ContextKind::InvalidArg)?)
        }
        ErrorKind::InvalidSubcommand => {
            let meant = one(ContextKind::SuggestedSubcommand).map(|meant| format!(" ({meant} is)")).unwrap_or_default();
            format!("{} is not expected here{meant}", one(ContextKind::InvalidSubcommand)?)
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let (option, value) = (one(ContextKind::InvalidArg)?, one(ContextKind::InvalidValue)?);
            let possible = several(ContextKind::ValidValue);
            match (value.as_str(), &possible[..]) {
                ("", _) => format!("{option} needs a value"),
                (_, []) => format!("{option} can't be {value}"),
                _ => format!("{option} can't be {value}, only {}", possible.join(", ")),
            }
        }
        ErrorKind::ArgumentConflict => {
            let (one, other) = (one(ContextKind::InvalidArg)?, several(ContextKind::PriorArg));
            if other.is_empty() || other.contains(&one) {
                format!("{one} is given twice")
            } else {
                format!("{one} doesn't go with {}", other.join(" and "))
            }
        }
        ErrorKind::InvalidUtf8 => "one of the words is not UTF-8".to_owned(),
        _ => return None,
    })
}

/// `--to <WHOM>` as people write it.
fn plain(argument: &str) -> String {
    argument.replace(['<', '>', '[', ']'], "").replace("...", "…")
}

/// Without what clap says before and after.
fn first_paragraph(text: &str) -> String {
    let lines = text.trim_start_matches("error: ").lines().take_while(|line| !line.trim().is_empty());
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn said(words: &str) -> String {
        let words: Vec<&str> = std::iter::once("fantail").chain(words.split_whitespace()).collect();
        sentence(&Arguments::try_parse_from(&words).unwrap_err(), &words)
    }

    #[test]
    fn each_wrong_word_is_named_in_one_sentence() {
        for (words, expected) in [
            ("send a.txt", "--to WHOM is missing; see fantail send --help"),
            ("send", "--to WHOM and PATH… are missing; see fantail send --help"),
            ("shelf", "one of list, add, remove is missing; see fantail shelf --help"),
            ("shelf give", "give is not expected here; see fantail shelf --help"),
            ("nearby --no-such-option", "--no-such-option is not expected here; see fantail nearby --help"),
            ("receive --ino x", "--ino is not expected here (--into is); see fantail receive --help"),
            ("known list Mei", "Mei is not expected here; see fantail known --help"),
            ("receive --accept", "--accept ACCEPT needs a value; see fantail receive --help"),
            (
                "receive --accept some",
                "--accept ACCEPT can't be some, only ask, known, all; see fantail receive --help",
            ),
            ("nearby --for soon", "--for SECONDS can't be soon; see fantail nearby --help"),
            ("--port 70000", "--port N can't be 70000; see fantail --help"),
            ("take --from x --list --into y", "--list doesn't go with --into DIR; see fantail take --help"),
            ("take --from x --list --list", "--list is given twice; see fantail take --help"),
        ] {
            assert_eq!(said(words), expected, "{words}");
        }
    }
}

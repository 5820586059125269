use std::{collections::BTreeSet, time::Duration};

use fluent_bundle::FluentResource;
use jiff::civil::date;

use super::{Language, Texts, messages::MESSAGES};
use crate::store::model::Problem;

fn english() -> Texts {
    Texts::new(Language::for_tag("en").unwrap())
}

fn chinese() -> Texts {
    Texts::new(Language::for_tag("zh-CN").unwrap())
}

/// Message ids and their arguments as written in a file.
fn written(language: Language) -> Vec<(String, BTreeSet<String>)> {
    let resource = FluentResource::try_new(language.source().to_owned());
    assert!(resource.is_ok(), "{} is not Fluent", language.tag());
    let mut messages: Vec<(String, BTreeSet<String>)> = Vec::new();
    for line in language.source().lines() {
        if line.starts_with('#') {
            continue;
        }
        if let Some((id, _)) = line.split_once(" = ")
            && !line.starts_with([' ', '}'])
        {
            messages.push((id.into(), BTreeSet::new()));
        }
        for part in line.split('$').skip(1) {
            let name: String = part.chars().take_while(char::is_ascii_alphanumeric).collect();
            messages.last_mut().unwrap().1.insert(name);
        }
    }
    messages
}

#[test]
fn every_language_has_every_message_with_the_same_arguments_and_nothing_else() {
    let expected: BTreeSet<(String, BTreeSet<String>)> = MESSAGES
        .iter()
        .map(|(name, args)| (name.replace('_', "-"), args.iter().map(|&arg| arg.to_owned()).collect()))
        .collect();
    for language in Language::all() {
        let written = written(language);
        let unique: BTreeSet<_> = written.iter().cloned().collect();
        assert_eq!(unique.len(), written.len(), "{}: a message is written twice", language.tag());
        let missing: Vec<_> = expected.difference(&unique).collect();
        let unused: Vec<_> = unique.difference(&expected).collect();
        assert!(missing.is_empty() && unused.is_empty(), "{}: missing {missing:?}, unused {unused:?}", language.tag());
    }
}

#[test]
fn short_lines_have_no_final_full_stop_and_no_three_dots() {
    for language in Language::all() {
        for line in language.source().lines().filter(|line| !line.starts_with('#')) {
            let Some((id, text)) = line.split_once(" = ") else { continue };
            let one_sentence = text.matches(['.', '。']).count() == 1;
            let explains =
                id.ends_with("explain") || id.contains("note") || id.contains("advice") || id == "engine-ended";
            assert!(!one_sentence || explains || !text.ends_with(['.', '。']), "{id}: {text}");
            assert!(!text.contains("..."), "{id}: {text}");
        }
    }
}

#[test]
fn chinese_uses_chinese_punctuation_and_no_spaces_around_it() {
    for line in chinese().language().source().lines().filter(|line| !line.starts_with('#')) {
        let Some((id, text)) = line.split_once(" = ") else { continue };
        let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        let characters: Vec<char> = text.chars().collect();
        for pair in characters.windows(2) {
            assert!(!(han(pair[0]) && matches!(pair[1], ',' | '?' | '!' | ';' | ':')), "{id}: {text}");
        }
    }
}

#[test]
fn arguments_are_filled_in_without_invisible_marks() {
    assert_eq!(english().drop_send_to("Office PC"), "Send to Office PC");
    assert_eq!(chinese().drop_send_to("办公室"), "发送给“办公室”");
}

#[test]
fn one_and_many_differ_where_the_language_does() {
    assert_eq!(english().files(1), "1 file");
    assert_eq!(english().files(3), "3 files");
    assert_eq!(chinese().files(1), "1 个文件");
}

#[test]
fn the_language_is_found_from_whatever_the_system_calls_it() {
    for (tag, expected) in [
        ("zh-CN", Some("zh-CN")),
        ("zh_CN.UTF-8", Some("zh-CN")),
        ("zh-Hans-SG", Some("zh-CN")),
        ("en-GB", Some("en")),
        ("EN_us", Some("en")),
        ("fr-FR", None),
        ("C", None),
        ("", None),
    ] {
        assert_eq!(Language::for_tag(tag).map(Language::tag), expected, "{tag}");
    }
    assert_eq!(Language::choose(Some("zh-CN")).tag(), "zh-CN");
}

#[test]
fn sizes_are_decimal_and_never_written_with_four_digits() {
    let texts = english();
    for (bytes, expected) in [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (6_100_000, "6.1 MB"),
        (99_949_999, "99.9 MB"),
        (120_400_000, "120 MB"),
        (999_999, "1.0 MB"),
        (999_600_000, "1.0 GB"),
        (u64::MAX, "18446744 TB"),
    ] {
        assert_eq!(texts.size(bytes).replace('\u{a0}', " "), expected, "{bytes}");
    }
    assert_eq!(texts.speed(84_000_000).replace('\u{a0}', " "), "84.0 MB/s");
}

#[test]
fn a_part_is_never_all_before_it_is_all() {
    let texts = chinese();
    assert_eq!(texts.part(0, 0), "0%");
    assert_eq!(texts.part(999, 1000), "99%");
    assert_eq!(texts.part(1000, 1000), "100%");
    assert_eq!(texts.part(u64::MAX, u64::MAX), "100%");
}

#[test]
fn spans_say_what_matters_at_their_length() {
    let texts = english();
    for (seconds, expected) in [
        (0, "1 s"),
        (12, "12 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (1999, "33 min"),
        (7500, "2 h 5 min"),
        (90_000, "1 day"),
    ] {
        assert_eq!(texts.duration(Duration::from_secs(seconds)).replace('\u{a0}', " "), expected);
    }
}

#[test]
fn days_are_named_as_seen_from_today() {
    let today = date(2026, 11, 22);
    let (english, chinese) = (english(), chinese());
    assert_eq!(english.day_seen_from(today, today), "Today");
    assert_eq!(english.day_seen_from(date(2026, 11, 21), today), "Yesterday");
    assert_eq!(english.day_seen_from(date(2026, 11, 16), today), "Monday, 16 November");
    assert_eq!(english.day_seen_from(date(2025, 5, 3), today), "3 May 2025");
    assert_eq!(chinese.day_seen_from(date(2026, 11, 16), today), "11月16日 星期一");
    assert_eq!(chinese.day_seen_from(date(2025, 5, 3), today), "2025年5月3日");
    // A clock that was set back.
    assert_eq!(english.day_seen_from(date(2026, 11, 23), today), "Monday, 23 November");
}

#[test]
fn names_are_listed_as_one_says_them() {
    assert_eq!(english().list(["Mei"]), "Mei");
    assert_eq!(english().list(["Mei", "Tom"]), "Mei and Tom");
    assert_eq!(english().list(["Mei", "Tom", "Office PC"]), "Mei, Tom and Office PC");
    assert_eq!(chinese().list(["小美", "办公室", "书房"]), "小美、办公室和书房");
    assert_eq!(english().list([]), "");
}

#[test]
fn a_problem_is_a_plain_sentence() {
    let problem = Problem::SourceGone { name: "holiday.jpg".into() };
    assert_eq!(english().problem(&problem), "holiday.jpg was moved or deleted before it was sent");
    assert_eq!(chinese().problem(&Problem::DiskFull { here: true }), "本机磁盘已满");
    assert_eq!(english().problem_sentence(&Problem::NoAnswer), "Nobody answered in time");
}

//! Every sentence people read, in their language: the window's and the command line's.
//!
//! The sentences lie in `assets/i18n/*.ftl` ([Fluent](https://projectfluent.org)), one file per language, all in the
//! program. [`Texts`] gives them out, one method per message ([`messages`]), so that a message that isn't there doesn't
//! compile. Adding a language is one file and one line in [`LANGUAGES`].
#![forbid(unsafe_code)]

mod format;
mod messages;
mod problems;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, fmt};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

/// The languages there are, the first one being that of last resort: tag, name in itself, sentences.
const LANGUAGES: &[(&str, &str, &str)] = &[
    ("en", "English", include_str!("../../assets/i18n/en.ftl")),
    ("zh-CN", "简体中文", include_str!("../../assets/i18n/zh-CN.ftl")),
];

/// A language there are sentences in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Language(usize);

impl Language {
    /// All of them, in the order a person chooses from.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..LANGUAGES.len()).map(Self)
    }

    /// BCP 47, such as `zh-CN`; what [`crate::store::model::Settings::language`] holds.
    #[must_use]
    pub fn tag(self) -> &'static str {
        LANGUAGES[self.0].0
    }

    /// As its speakers call it.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        LANGUAGES[self.0].1
    }

    /// The one that serves a tag such as `zh-CN`, `zh_SG.UTF-8` or `en-GB` best.
    ///
    /// All of Chinese is given the simplified sentences: to its readers they are nearer than English.
    #[must_use]
    pub fn for_tag(tag: &str) -> Option<Self> {
        let wanted = tag.split(['-', '_', '.', '@']).next().unwrap_or_default().to_ascii_lowercase();
        Self::all().find(|language| language.tag().split('-').next() == Some(wanted.as_str()))
    }

    /// What a person chose, or else what the system says, or else English.
    #[must_use]
    pub fn choose(setting: Option<&str>) -> Self {
        setting
            .and_then(Self::for_tag)
            .or_else(|| sys_locale::get_locales().find_map(|tag| Self::for_tag(&tag)))
            .unwrap_or(Self(0))
    }

    fn source(self) -> &'static str {
        LANGUAGES[self.0].2
    }
}

/// The sentences of one language. Changing the language is making a new one.
pub struct Texts {
    language: Language,
    bundle: FluentBundle<FluentResource>,
    /// Messages without arguments, formatted once, by name with `_`.
    plain: HashMap<&'static str, String>,
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texts").field("language", &self.language.tag()).finish_non_exhaustive()
    }
}

impl Texts {
    #[must_use]
    pub fn new(language: Language) -> Self {
        let bundle = bundle(language);
        let plain = messages::MESSAGES
            .iter()
            .filter(|(_, args)| args.is_empty())
            .map(|(name, _)| (*name, format_message(&bundle, name, None)))
            .collect();
        Self { language, bundle, plain }
    }

    /// For the person's setting; `None` is the system's language.
    #[must_use]
    pub fn for_setting(setting: Option<&str>) -> Self {
        Self::new(Language::choose(setting))
    }

    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    fn plain(&self, name: &'static str) -> &str {
        // A test holds that every listed message is written in every language, so the name itself is never seen.
        self.plain.get(name).map_or(name, String::as_str)
    }

    fn filled(&self, name: &'static str, args: &[(&'static str, FluentValue<'_>)]) -> String {
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.clone())).collect();
        format_message(&self.bundle, name, Some(&args))
    }
}

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let identifier: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
    // The isolating marks would be in every copied text and are drawn as nothing; both languages run left to right.
    bundle.set_use_isolating(false);
    let resource = match FluentResource::try_new(language.source().to_owned()) {
        Ok(resource) => resource,
        // What can be read of it; a test holds that it is all.
        Err((resource, _)) => resource,
    };
    bundle.add_resource_overriding(resource);
    bundle
}

fn format_message(bundle: &FluentBundle<FluentResource>, name: &str, args: Option<&FluentArgs<'_>>) -> String {
    let id = name.replace('_', "-");
    let Some(pattern) = bundle.get_message(&id).and_then(|message| message.value()) else { return id };
    let mut errors = Vec::new();
    bundle.format_pattern(pattern, args, &mut errors).into_owned()
}

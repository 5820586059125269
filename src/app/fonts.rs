//! Which font draws what: the bundled text face and icons, the system's Chinese in its Chinese forms, colour emoji.
//!
//! egui asks its font providers for what the bundled faces lack. Its own system provider comes last: on Linux it picks
//! Japanese forms for Chinese unless the whole process runs in a Chinese locale, so [`Preferred`] stands before it with a
//! list of families by name, and puts one at the head of the chain before any other system face can slip in there.

#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError};

use egui::{
    FontData, FontDefinitions, FontFamily, FontInsert, FontPriority, FontProvider,
    epaint::text::{FallbackRequest, InsertFontFamily},
};
use fontique::{QueryFamily, QueryFont, QueryStatus};

use crate::{
    i18n::{Language, Texts},
    pictures::TEXT_FACE,
    platform::faces::{SIMPLIFIED, system},
};

const ICONS: &[u8] = include_bytes!("../../assets/fonts/Phosphor-subset.ttf");

const EMOJI: &[&str] = &["Segoe UI Emoji", "Apple Color Emoji", "Noto Color Emoji", "Twemoji", "JoyPixels"];

/// Where columns mean something; what isn't in them comes from the text face.
const FIXED: &[&str] = &[
    "Cascadia Mono",
    "Consolas",
    "SF Mono",
    "Menlo",
    "Noto Sans Mono",
    "DejaVu Sans Mono",
    "Liberation Mono",
    "Ubuntu Mono",
];

const FIXED_SAMPLE: char = 'a';

/// A character every Chinese face has and whose form differs between Chinese and Japanese.
const CHINESE_SAMPLE: char = '直';
const EMOJI_SAMPLE: char = '😀';

/// The family of [`super::icons`].
#[must_use]
pub fn icons() -> FontFamily {
    FontFamily::Name("icons".into())
}

/// The family in which every character is as wide as the others, where the system has one.
#[must_use]
pub fn fixed() -> FontFamily {
    FontFamily::Name("fixed".into())
}

/// Begins to look through the system's fonts on a thread of its own, so that it is done when the first frame wants them.
pub fn warm_up() {
    let started = std::thread::Builder::new().name("fonts".into()).spawn(|| {
        system();
    });
    if let Err(error) = started {
        log::warn!("fonts are looked up on first use: {error}");
    }
}

/// Gives the window its fonts. Once, when the window is made.
pub fn install(ctx: &egui::Context, language: Language) {
    let mut fonts = FontDefinitions::empty();
    fonts.font_data.insert("text".into(), Arc::new(FontData::from_static(TEXT_FACE)));
    fonts.font_data.insert("icons".into(), Arc::new(FontData::from_static(ICONS)));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts.families.insert(family, vec!["text".into()]);
    }
    fonts.families.insert(icons(), vec!["icons".into()]);
    // All of it from [`Preferred`]: what is configured here would come before the system's face.
    fonts.families.insert(fixed(), Vec::new());
    ctx.set_fonts(fonts);
    set_language(ctx, language);
}

/// Chooses the system's fonts anew for the language of the window.
pub fn set_language(ctx: &egui::Context, language: Language) {
    let fallback = egui_system_font_provider::SystemFontProvider::new().with_locale(Some(language.tag()));
    ctx.set_font_providers(vec![Arc::new(Preferred), Arc::new(fallback)]);
}

/// Whether Chinese can be drawn at all on this computer. During a frame only.
#[must_use]
pub fn has_chinese(ctx: &egui::Context) -> bool {
    ctx.fonts_mut(|fonts| fonts.has_glyph(&super::design::body(), CHINESE_SAMPLE))
}

/// What to install where [`has_chinese`] is false, in the words of this system.
#[must_use]
pub fn advice(texts: &Texts) -> &str {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let ids: Vec<&str> = release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|ids| ids.trim_matches('"').split(' '))
        .collect();
    let is = |names: &[&str]| ids.iter().any(|id| names.contains(id));
    if is(&["debian", "ubuntu"]) {
        texts.fonts_advice_debian()
    } else if is(&["fedora", "rhel", "suse", "opensuse"]) {
        texts.fonts_advice_fedora()
    } else if is(&["arch"]) {
        texts.fonts_advice_arch()
    } else {
        texts.fonts_advice_other()
    }
}

/// The faces that come before the system's own choice.
struct Preferred;

impl FontProvider for Preferred {
    fn fonts_for_family(&self, family: &FontFamily) -> Vec<FontInsert> {
        if *family == icons() {
            return Vec::new();
        }
        let system = (*family == fixed()).then(|| find(FIXED, FIXED_SAMPLE).map(|face| face.insert(family.clone())));
        let text = system.is_some().then(|| FontInsert {
            name: "text".into(),
            data: FontData::from_static(TEXT_FACE),
            families: vec![InsertFontFamily { family: family.clone(), priority: FontPriority::Lowest }],
        });
        // Emoji first: the Chinese faces have some of them too, in black and white.
        let others = [(EMOJI, EMOJI_SAMPLE), (SIMPLIFIED, CHINESE_SAMPLE)]
            .into_iter()
            .filter_map(|(names, sample)| find(names, sample))
            .map(|face| face.insert(family.clone()));
        system.flatten().into_iter().chain(text).chain(others).collect()
    }

    fn font_for(&self, _: &FallbackRequest<'_>) -> Option<FontInsert> {
        None
    }
}

/// A face of the system that was found.
struct Face {
    name: String,
    font: QueryFont,
}

impl Face {
    fn insert(self, family: FontFamily) -> FontInsert {
        let index = self.font.index;
        let (blob, _) = self.font.blob.into_raw_parts();
        FontInsert {
            name: format!("preferred:{}:{index}", self.name),
            data: FontData::from_blob(blob, index),
            families: vec![InsertFontFamily { family, priority: FontPriority::Lowest }],
        }
    }
}

/// The first of the families that is installed and has the character.
fn find(names: &[&str], sample: char) -> Option<Face> {
    let mut system = system().lock().unwrap_or_else(PoisonError::into_inner);
    let (collection, cache) = &mut *system;
    names.iter().find_map(|name| {
        let mut found = None;
        let mut query = collection.query(cache);
        query.set_families([QueryFamily::Named(name)]);
        query.matches_with(|font| {
            if has(font, sample) {
                found = Some(font.clone());
                QueryStatus::Stop
            } else {
                QueryStatus::Continue
            }
        });
        drop(query);
        found.map(|font| Face { name: (*name).into(), font })
    })
}

fn has(font: &QueryFont, sample: char) -> bool {
    font.charmap().and_then(|map| map.map(sample)).is_some_and(|glyph| glyph != 0)
}

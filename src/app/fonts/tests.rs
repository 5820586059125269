use egui::{ColorImage, FontId, RawInput};

use super::*;

/// A context with these fonts in this language, after a frame that has drawn `text`.
fn drawn(language: &str, text: &str) -> egui::Context {
    let ctx = egui::Context::default();
    install(&ctx, Language::for_tag(language).unwrap());
    draw(&ctx, text);
    ctx
}

fn draw(ctx: &egui::Context, text: &str) {
    frame(ctx, |ui| {
        ui.label(text);
    });
}

/// A frame that nobody shows.
fn frame(ctx: &egui::Context, mut add: impl FnMut(&mut egui::Ui)) {
    ctx.run_ui(RawInput::default(), |ui| add(ui)).textures_delta.clear();
}

/// The pixels of one character at a size where forms can be told apart.
fn pixels(ctx: &egui::Context, character: char) -> ColorImage {
    let mut place = egui::Rect::NOTHING;
    frame(ctx, |ui| {
        let galley =
            ui.painter().layout_no_wrap(character.to_string(), FontId::proportional(48.0), egui::Color32::WHITE);
        let glyph = &galley.rows[0].row.glyphs[0];
        let uv = glyph.uv_rect;
        place = egui::Rect::from_min_max(
            egui::pos2(uv.min[0].into(), uv.min[1].into()),
            egui::pos2(uv.max[0].into(), uv.max[1].into()),
        );
    });
    let atlas = ctx.fonts(|fonts| fonts.image());
    let [left, top] = [place.min.x as usize, place.min.y as usize];
    let size = [place.width() as usize, place.height() as usize];
    let rows = (0..size[1]).flat_map(|y| {
        let start = (top + y) * atlas.size[0] + left;
        atlas.pixels[start..start + size[0]].to_vec()
    });
    let pixels: Vec<_> = rows.collect();
    ColorImage::new(size, pixels)
}

fn preferred(ctx: &egui::Context) -> Vec<String> {
    ctx.fonts(|fonts| fonts.discovered_fonts().iter().map(|font| font.name.clone()).collect())
}

#[test]
fn chinese_is_drawn_with_a_chinese_face_in_every_language_of_the_window() {
    let face = find(SIMPLIFIED, CHINESE_SAMPLE).expect("the tests need fonts-noto-cjk");
    assert!(["SC", "YaHei", "CN", "WenQuanYi", "Droid", "SimSun"].iter().any(|part| face.name.contains(part)));
    for language in ["en", "zh-CN"] {
        let ctx = drawn(language, "の 直 한 →");
        let by_name = pixels(&ctx, CHINESE_SAMPLE);
        let other = pixels_of_family(&face.name, CHINESE_SAMPLE);
        assert_eq!(by_name, other, "{language}: not the glyph of {}; found {:?}", face.name, preferred(&ctx));
    }
}

#[test]
fn the_chinese_form_differs_from_the_japanese_one() {
    let Some(japanese) = find(&["Noto Sans CJK JP"], CHINESE_SAMPLE) else { return };
    let japanese = pixels_of_family(&japanese.name, CHINESE_SAMPLE);
    let ours = pixels(&drawn("en", "直"), CHINESE_SAMPLE);
    assert_ne!(ours, japanese);
}

#[test]
fn the_form_stays_when_the_language_is_switched() {
    let ctx = drawn("en", "直");
    let before = pixels(&ctx, CHINESE_SAMPLE);
    set_language(&ctx, Language::for_tag("zh-CN").unwrap());
    draw(&ctx, "直");
    assert_eq!(pixels(&ctx, CHINESE_SAMPLE), before);
}

#[test]
fn emoji_have_colours() {
    let pixels = pixels(&drawn("en", "😀"), EMOJI_SAMPLE);
    let coloured = pixels.pixels.iter().filter(|pixel| pixel.r().abs_diff(pixel.b()) > 40).count();
    assert!(coloured > 100, "{coloured} of {}", pixels.pixels.len());
}

#[test]
fn each_picture_of_a_comparison_is_drawn_and_looks_like_no_other() {
    let ctx = drawn("en", &crate::protocol::compare::TABLE.concat());
    let all: Vec<_> = crate::protocol::compare::TABLE
        .iter()
        .map(|picture| {
            let character = picture.chars().next().unwrap();
            assert!(ctx.fonts_mut(|fonts| fonts.has_glyph(&super::super::design::body(), character)), "{picture}");
            (picture, pixels(&ctx, character))
        })
        .collect();
    for (place, (picture, drawn)) in all.iter().enumerate() {
        let inked = drawn.pixels.iter().filter(|pixel| pixel.a() > 0).count();
        assert!(inked * 4 > drawn.pixels.len(), "{picture}");
        assert!(all[..place].iter().all(|(_, other)| other != drawn), "{picture} is drawn like another");
    }
}

#[test]
fn every_character_of_every_language_has_a_glyph() {
    let ctx = drawn("zh-CN", "");
    for text in [include_str!("../../../assets/i18n/en.ftl"), include_str!("../../../assets/i18n/zh-CN.ftl")] {
        draw(&ctx, text);
        for character in text.chars().filter(|c| !c.is_control()) {
            let has = ctx.fonts_mut(|fonts| fonts.has_glyph(&super::super::design::body(), character));
            assert!(has, "{character:?}");
        }
    }
    assert!(has_chinese(&ctx));
}

#[test]
fn figures_are_all_of_one_width() {
    let ctx = drawn("en", "");
    let widths: Vec<f32> = "0123456789"
        .chars()
        .map(|figure| ctx.fonts_mut(|fonts| fonts.glyph_width(&super::super::design::body(), figure)))
        .collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");
}

#[test]
fn every_icon_is_in_the_icon_font() {
    let ctx = drawn("en", "");
    let font = super::super::icons::font(20.0);
    let source = include_str!("../icons.rs");
    let codes = source.split("\\u{").skip(1).filter_map(|rest| rest.split('}').next());
    let mut count = 0;
    for code in codes {
        let icon = char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap();
        assert!(ctx.fonts_mut(|fonts| fonts.has_glyph(&font, icon)), "{code}");
        count += 1;
    }
    assert!(count > 100);
}

/// A character as the named family draws it, without any of our choosing.
fn pixels_of_family(family: &str, character: char) -> ColorImage {
    let ctx = egui::Context::default();
    let names: Vec<&str> = vec![family];
    let face = find(&names, character).unwrap();
    let index = face.font.index;
    let (blob, _) = face.font.blob.into_raw_parts();
    let mut fonts = FontDefinitions::empty();
    fonts.font_data.insert("only".into(), Arc::new(FontData::from_blob(blob, index)));
    fonts.families.insert(FontFamily::Proportional, vec!["only".into()]);
    fonts.families.insert(FontFamily::Monospace, vec!["only".into()]);
    ctx.set_fonts(fonts);
    draw(&ctx, "");
    pixels(&ctx, character)
}

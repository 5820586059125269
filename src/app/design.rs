//! How everything looks, in one place: colours, type, spacing, shapes and durations.
//!
//! Light and dark are designed each for itself. Nothing else in the window names a colour or a size of its own.

use std::sync::Arc;

use egui::{
    Color32, CornerRadius, CursorIcon, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Theme, Ui, Vec2,
    Visuals,
    style::{ScrollAnimation, ScrollStyle, WidgetVisuals},
    vec2,
};

use crate::store::model::{Settings, Theme as ThemeSetting};

/// Steps of the 4 px grid.
pub mod space {
    pub const XS: f32 = 4.0;
    pub const S: f32 = 8.0;
    pub const M: f32 = 12.0;
    pub const L: f32 = 16.0;
    pub const XL: f32 = 24.0;
}

/// Roundness of corners.
pub mod radius {
    /// Buttons, fields, rows.
    pub const CONTROL: u8 = 8;
    /// Bubbles, cards, dialogs.
    pub const CARD: u8 = 14;
}

/// Type sizes and the sizes of what is touched.
pub mod size {
    /// Secondary text.
    pub const SMALL: f32 = 13.0;
    pub const BODY: f32 = 15.0;
    pub const TITLE: f32 = 20.0;
    /// A picture of the comparison code in the dialog, and on the card.
    pub const PICTOGRAM: f32 = 56.0;
    pub const PICTOGRAM_SMALL: f32 = 40.0;
    /// The digits of the comparison code, to be read from where one stands.
    pub const CODE: f32 = 30.0;
    /// An icon beside body text or alone in a button.
    pub const ICON: f32 = 20.0;
    /// An icon beside secondary text.
    pub const ICON_SMALL: f32 = 16.0;
    /// The least height and width of anything to click.
    pub const TARGET: f32 = 36.0;
    /// A row of the list.
    pub const ROW: f32 = 60.0;
    /// The round picture in a row.
    pub const AVATAR: f32 = 40.0;
    /// The list, unfolded.
    pub const LIST: f32 = 280.0;
    /// The list where there is room for long names.
    pub const LIST_WIDE: f32 = 336.0;
    /// The list, folded to pictures.
    pub const LIST_FOLDED: f32 = 72.0;
    /// The head of list and conversation.
    pub const HEADER: f32 = 64.0;
    /// At most this wide is a bubble, a card or a dialog, in a window that has room.
    pub const BUBBLE: f32 = 480.0;
    /// A single picture in the conversation.
    pub const PICTURE: f32 = 420.0;
    pub const DIALOG: f32 = 420.0;
    /// From this on the list is [`LIST_WIDE`].
    pub const WIDE_FROM: f32 = 1400.0;
    /// Below this the list folds to pictures.
    pub const FOLD_BELOW: f32 = 720.0;
    /// Below this list and conversation are two screens.
    pub const TWO_SCREENS_BELOW: f32 = 520.0;
    /// Below this height (a small window, or a large zoom) what is nice to have makes room.
    pub const LOW: f32 = 400.0;
}

/// Left and right of the conversation's column in a place of this width, its head included.
#[must_use]
pub fn column_margin(width: f32) -> f32 {
    if width > 640.0 { space::XL } else { space::M }
}

/// Durations in seconds; all of them are zero with reduced motion ([`motion::time`]).
pub mod motion {
    pub const QUICK: f32 = 0.12;
    pub const CALM: f32 = 0.2;

    /// `seconds`, or nothing when this person wants no motion.
    #[must_use]
    pub fn time(ui: &egui::Ui, seconds: f32) -> f32 {
        if ui.style().animation_time == 0.0 { 0.0 } else { seconds }
    }
}

/// The colours of one theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Surfaces, from the back to the front.
    pub list: Color32,
    pub conversation: Color32,
    pub card: Color32,
    /// Where one types.
    pub field: Color32,
    /// Under the pointer and pressed, laid over any surface.
    pub hover: Color32,
    pub pressed: Color32,
    /// The chosen row.
    pub chosen: Color32,
    pub hairline: Color32,
    pub text: Color32,
    pub secondary: Color32,
    /// The one accent: as text, icon, ring, and as the fill of the main button.
    pub accent: Color32,
    pub accent_hover: Color32,
    pub on_accent: Color32,
    /// Bubbles of what was sent from here.
    pub accent_tint: Color32,
    /// Bubbles of what came from there.
    pub bubble: Color32,
    /// State only, always with an icon and a word.
    pub good: Color32,
    pub warn: Color32,
    pub bad: Color32,
    pub on_bad: Color32,
    /// Behind a loud warning.
    pub warn_tint: Color32,
    pub bad_tint: Color32,
    /// Behind what floats in front of all else.
    pub backdrop: Color32,
    pub shadow: Color32,
    /// Over pictures: counts, play marks.
    pub scrim: Color32,
    pub on_scrim: Color32,
}

pub const LIGHT: Palette = Palette {
    list: rgb(0xEE_F0F3),
    conversation: rgb(0xF8_F9FA),
    card: rgb(0xFF_FFFF),
    field: rgb(0xFF_FFFF),
    hover: Color32::from_rgba_premultiplied(1, 1, 2, 13),
    pressed: Color32::from_rgba_premultiplied(2, 2, 3, 25),
    chosen: rgb(0xD9_E8EC),
    hairline: rgb(0xDD_E1E6),
    text: rgb(0x1A_1F24),
    secondary: rgb(0x57_616B),
    accent: rgb(0x0B_6A80),
    accent_hover: rgb(0x08_5A6D),
    on_accent: rgb(0xFF_FFFF),
    accent_tint: rgb(0xD6_ECF1),
    bubble: rgb(0xFF_FFFF),
    good: rgb(0x17_7245),
    warn: rgb(0x86_5300),
    bad: rgb(0xB9_2632),
    on_bad: rgb(0xFF_FFFF),
    warn_tint: rgb(0xFD_F1DA),
    bad_tint: rgb(0xFC_E8E9),
    backdrop: Color32::from_rgba_premultiplied(5, 7, 9, 105),
    shadow: Color32::from_rgba_premultiplied(2, 3, 5, 38),
    scrim: Color32::from_rgba_premultiplied(8, 10, 12, 176),
    on_scrim: rgb(0xFF_FFFF),
};

pub const DARK: Palette = Palette {
    list: rgb(0x16_191C),
    conversation: rgb(0x1C_1F23),
    card: rgb(0x26_2A2F),
    field: rgb(0x2A_2F35),
    hover: Color32::from_rgba_premultiplied(13, 14, 15, 14),
    pressed: Color32::from_rgba_premultiplied(24, 25, 27, 26),
    chosen: rgb(0x22_3A41),
    hairline: rgb(0x30_353B),
    text: rgb(0xEA_EDEF),
    secondary: rgb(0xA9_B3BC),
    accent: rgb(0x62_C6DB),
    accent_hover: rgb(0x82_D6E7),
    on_accent: rgb(0x05_252C),
    accent_tint: rgb(0x1C_4550),
    bubble: rgb(0x2A_2F35),
    good: rgb(0x62_CF96),
    warn: rgb(0xEA_B64F),
    bad: rgb(0xFF_8F8A),
    on_bad: rgb(0x35_0709),
    warn_tint: rgb(0x3A_2F1A),
    bad_tint: rgb(0x40_2426),
    backdrop: Color32::from_rgba_premultiplied(0, 0, 0, 150),
    shadow: Color32::from_rgba_premultiplied(0, 0, 0, 110),
    scrim: Color32::from_rgba_premultiplied(8, 10, 12, 186),
    on_scrim: rgb(0xFF_FFFF),
};

impl Palette {
    /// The one of the theme that is being drawn.
    #[must_use]
    pub fn of(ui: &Ui) -> &'static Self {
        Self::for_dark(ui.visuals().dark_mode)
    }

    #[must_use]
    pub fn for_dark(dark: bool) -> &'static Self {
        if dark { &DARK } else { &LIGHT }
    }
}

/// Teaches egui this look. Once, when the window is made.
pub fn install(ctx: &egui::Context) {
    ctx.set_style_of(Theme::Light, Arc::new(style(&LIGHT, false)));
    ctx.set_style_of(Theme::Dark, Arc::new(style(&DARK, true)));
    ctx.options_mut(|options| {
        // Closing asks first while something moves, and Ctrl+Q is only one way to close.
        options.quit_shortcuts.clear();
        // Where the system doesn't say.
        options.fallback_theme = Theme::Light;
    });
}

/// Follows what this person chose: theme, motion and size. Cheap when nothing changed.
pub fn apply(ctx: &egui::Context, settings: &Settings) {
    let preference = match settings.theme {
        ThemeSetting::System => egui::ThemePreference::System,
        ThemeSetting::Light => egui::ThemePreference::Light,
        ThemeSetting::Dark => egui::ThemePreference::Dark,
    };
    ctx.set_theme(preference);
    let still = settings.reduced_motion;
    if (ctx.global_style().animation_time == 0.0) != still {
        ctx.all_styles_mut(|style| set_motion(style, still));
    }
}

/// The lines under fields and around cards.
#[must_use]
pub fn hairline(palette: &Palette) -> Stroke {
    Stroke::new(1.0, palette.hairline)
}

/// What shows where the keyboard is.
#[must_use]
pub fn focus_ring(palette: &Palette) -> Stroke {
    Stroke::new(2.0, palette.accent)
}

/// Under what floats: menus, dialogs, toasts.
#[must_use]
pub fn float_shadow(palette: &Palette) -> Shadow {
    Shadow { offset: [0, 6], blur: 24, spread: 0, color: palette.shadow }
}

#[must_use]
pub fn body() -> FontId {
    FontId::proportional(size::BODY)
}

#[must_use]
pub fn small() -> FontId {
    FontId::proportional(size::SMALL)
}

#[must_use]
pub fn title() -> FontId {
    FontId::proportional(size::TITLE)
}

#[must_use]
pub fn code() -> FontId {
    FontId::proportional(size::CODE)
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

fn style(palette: &Palette, dark: bool) -> Style {
    let mut style = Style {
        text_styles: [
            (TextStyle::Small, small()),
            (TextStyle::Body, body()),
            (TextStyle::Button, body()),
            (TextStyle::Heading, title()),
            (TextStyle::Monospace, FontId::new(size::SMALL, FontFamily::Monospace)),
        ]
        .into(),
        visuals: visuals(palette, dark),
        ..Style::default()
    };
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::splat(space::S);
    spacing.button_padding = vec2(space::M, space::S);
    spacing.interact_size = vec2(size::TARGET, size::TARGET);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(space::XL as i8);
    spacing.tooltip_width = 320.0;
    spacing.combo_width = 160.0;
    spacing.icon_width = 18.0;
    spacing.icon_width_inner = 10.0;
    spacing.icon_spacing = space::S;
    spacing.scroll = ScrollStyle {
        bar_width: 8.0,
        floating_width: 4.0,
        handle_min_length: 32.0,
        bar_inner_margin: 2.0,
        bar_outer_margin: 2.0,
        // Of the text's colour: there when one looks for it.
        active_handle_opacity: 0.3,
        interact_handle_opacity: 0.5,
        interact_background_opacity: 0.0,
        active_background_opacity: 0.0,
        ..ScrollStyle::floating()
    };
    // The line under the hint that text can be selected is not worth a tooltip that flickers by.
    style.interaction.tooltip_delay = 0.6;
    style.interaction.selectable_labels = false;
    style.explanation_tooltips = false;
    style.url_in_tooltip = false;
    set_motion(&mut style, false);
    style
}

fn set_motion(style: &mut Style, still: bool) {
    style.animation_time = if still { 0.0 } else { motion::QUICK };
    style.scroll_animation = if still { ScrollAnimation::none() } else { ScrollAnimation::duration(motion::CALM) };
}

fn visuals(palette: &Palette, dark: bool) -> Visuals {
    let mut visuals = if dark { Visuals::dark() } else { Visuals::light() };
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(palette.secondary);
    visuals.hyperlink_color = palette.accent;
    visuals.faint_bg_color = palette.hover;
    visuals.extreme_bg_color = palette.field;
    visuals.text_edit_bg_color = Some(palette.field);
    visuals.code_bg_color = palette.hover;
    visuals.warn_fg_color = palette.warn;
    visuals.error_fg_color = palette.bad;
    visuals.window_fill = palette.card;
    visuals.window_stroke = if dark { hairline(palette) } else { Stroke::NONE };
    visuals.window_corner_radius = CornerRadius::same(radius::CARD);
    visuals.window_shadow = float_shadow(palette);
    visuals.popup_shadow = float_shadow(palette);
    visuals.menu_corner_radius = CornerRadius::same(radius::CARD - 4);
    visuals.panel_fill = palette.conversation;
    visuals.selection.bg_fill = if dark { rgb(0x2B_5A66) } else { rgb(0xB5_DDE6) };
    visuals.selection.stroke = focus_ring(palette);
    visuals.text_cursor.stroke = Stroke::new(2.0, palette.accent);
    // A blinking cursor would be the only thing that keeps an idle window drawing.
    visuals.text_cursor.blink = false;
    visuals.button_frame = true;
    visuals.slider_trailing_fill = true;
    visuals.interact_cursor = Some(CursorIcon::PointingHand);
    visuals.image_loading_spinners = false;
    visuals.disabled_alpha = 0.45;

    let corner_radius = CornerRadius::same(radius::CONTROL);
    let widget = |fill: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::NONE,
        corner_radius,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let quiet = if dark { rgb(0x33_393F) } else { rgb(0xE6_E9ED) };
    let quiet_hover = if dark { rgb(0x3D_444B) } else { rgb(0xDB_DFE4) };
    let quiet_pressed = if dark { rgb(0x48_5058) } else { rgb(0xCE_D3D9) };
    visuals.widgets.noninteractive =
        WidgetVisuals { bg_stroke: hairline(palette), ..widget(Color32::TRANSPARENT, palette.text) };
    visuals.widgets.inactive = widget(quiet, palette.text);
    visuals.widgets.hovered = widget(quiet_hover, palette.text);
    visuals.widgets.active = widget(quiet_pressed, palette.text);
    visuals.widgets.open = widget(quiet_hover, palette.text);
    visuals
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// WCAG 2 relative luminance.
    fn luminance(color: Color32) -> f64 {
        let part = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(color.r()) + 0.7152 * part(color.g()) + 0.0722 * part(color.b())
    }

    pub fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn all_text_stands_out_from_every_surface_it_is_written_on() {
        for (theme, p) in [("light", &LIGHT), ("dark", &DARK)] {
            let surfaces = [
                ("list", p.list),
                ("conversation", p.conversation),
                ("card", p.card),
                ("field", p.field),
                ("bubble", p.bubble),
                ("accent_tint", p.accent_tint),
                ("chosen", p.chosen),
            ];
            let texts = [
                ("text", p.text),
                ("secondary", p.secondary),
                ("accent", p.accent),
                ("good", p.good),
                ("warn", p.warn),
                ("bad", p.bad),
            ];
            for (surface, back) in surfaces {
                for (text, front) in texts {
                    let ratio = contrast(back, front);
                    assert!(ratio >= 4.5, "{theme}: {text} on {surface} is {ratio:.2}");
                }
            }
            for (what, front, back) in [
                ("on_accent", p.on_accent, p.accent),
                ("on_accent hovered", p.on_accent, p.accent_hover),
                ("on_bad", p.on_bad, p.bad),
                ("warn on its tint", p.warn, p.warn_tint),
                ("text on warn tint", p.text, p.warn_tint),
                ("bad on its tint", p.bad, p.bad_tint),
                ("text on bad tint", p.text, p.bad_tint),
            ] {
                let ratio = contrast(front, back);
                assert!(ratio >= 4.5, "{theme}: {what} is {ratio:.2}");
            }
        }
    }

    #[test]
    fn button_text_stands_out_whatever_the_button_does() {
        for (palette, dark) in [(&LIGHT, false), (&DARK, true)] {
            let widgets = visuals(palette, dark).widgets;
            for look in [widgets.inactive, widgets.hovered, widgets.active, widgets.open] {
                assert!(contrast(look.bg_fill, look.fg_stroke.color) >= 4.5);
            }
        }
    }

    #[test]
    fn the_three_surfaces_differ() {
        for p in [LIGHT, DARK] {
            assert!(p.list != p.conversation && p.conversation != p.card);
        }
    }
}

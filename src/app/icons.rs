//! The bundled icons by name: Phosphor, regular weight, cut down to these (`assets/fonts/README.md` says how).

use egui::{Color32, FontId, Painter, Pos2, RichText, vec2};

use super::fonts;

/// An icon as text, to stand alone in a label or an atom.
#[must_use]
pub fn text(icon: &str, size: f32) -> RichText {
    RichText::new(icon).font(font(size))
}

#[must_use]
pub fn font(size: f32) -> FontId {
    FontId::new(size, fonts::icons())
}

/// Paints an icon with its middle at `center`; the font draws it in a square of `size`.
pub fn paint(painter: &Painter, center: Pos2, icon: &str, size: f32, color: Color32) {
    let galley = painter.layout_no_wrap(icon.to_owned(), font(size), color);
    // The em square is what is centred, not the line: the font's line is as high as its em.
    painter.galley(center - vec2(galley.size().x, galley.size().y) / 2.0, galley, color);
}

pub const ARROW_CLOCKWISE: &str = "\u{e036}";
pub const ARROW_COUNTER_CLOCKWISE: &str = "\u{e038}";
pub const ARROW_DOWN: &str = "\u{e03e}";
pub const ARROW_DOWN_LEFT: &str = "\u{e040}";
pub const ARROW_LEFT: &str = "\u{e058}";
pub const ARROW_RIGHT: &str = "\u{e06c}";
pub const ARROW_SQUARE_OUT: &str = "\u{e5de}";
pub const ARROW_U_UP_LEFT: &str = "\u{e08a}";
pub const ARROW_UP: &str = "\u{e08e}";
pub const ARROW_UP_RIGHT: &str = "\u{e092}";
pub const ARROWS_IN: &str = "\u{e09a}";
pub const ARROWS_OUT: &str = "\u{e0a2}";
pub const BELL: &str = "\u{e0ce}";
pub const BELL_SLASH: &str = "\u{e0d4}";
pub const BIRD: &str = "\u{e72c}";
pub const BROADCAST: &str = "\u{e0f2}";
pub const CARDS: &str = "\u{e0f8}";
pub const CARET_DOUBLE_DOWN: &str = "\u{e126}";
pub const CARET_DOWN: &str = "\u{e136}";
pub const CARET_LEFT: &str = "\u{e138}";
pub const CARET_RIGHT: &str = "\u{e13a}";
pub const CARET_UP: &str = "\u{e13c}";
pub const CHAT_CIRCLE: &str = "\u{e168}";
pub const CHATS_CIRCLE: &str = "\u{e17e}";
pub const CHECK: &str = "\u{e182}";
pub const CHECK_CIRCLE: &str = "\u{e184}";
pub const CHECK_SQUARE: &str = "\u{e186}";
pub const CHECKS: &str = "\u{e53a}";
pub const CIRCLE: &str = "\u{e18a}";
pub const CLIPBOARD: &str = "\u{e196}";
pub const CLIPBOARD_TEXT: &str = "\u{e198}";
pub const CLOCK: &str = "\u{e19a}";
pub const CLOUD_SLASH: &str = "\u{e1b6}";
pub const COPY: &str = "\u{e1ca}";
pub const DESKTOP: &str = "\u{e560}";
pub const DESKTOP_TOWER: &str = "\u{e562}";
pub const DEVICE_MOBILE: &str = "\u{e1e0}";
pub const DOOR_OPEN: &str = "\u{e7e6}";
pub const DOT_OUTLINE: &str = "\u{ece0}";
pub const DOTS_THREE: &str = "\u{e1fe}";
pub const DOTS_THREE_VERTICAL: &str = "\u{e208}";
pub const DOWNLOAD_SIMPLE: &str = "\u{e20c}";
pub const EYE: &str = "\u{e220}";
pub const EYE_SLASH: &str = "\u{e224}";
pub const FEATHER: &str = "\u{e9c0}";
pub const FILE: &str = "\u{e230}";
pub const FILE_AUDIO: &str = "\u{ea20}";
pub const FILE_CODE: &str = "\u{e914}";
pub const FILE_DASHED: &str = "\u{e704}";
pub const FILE_IMAGE: &str = "\u{ea24}";
pub const FILE_PDF: &str = "\u{e702}";
pub const FILE_TEXT: &str = "\u{e23a}";
pub const FILE_VIDEO: &str = "\u{ea22}";
pub const FILE_X: &str = "\u{e23c}";
pub const FILE_ZIP: &str = "\u{e958}";
pub const FILES: &str = "\u{e710}";
pub const FILM_STRIP: &str = "\u{e792}";
pub const FLOPPY_DISK: &str = "\u{e248}";
pub const FOLDER: &str = "\u{e24a}";
pub const FOLDER_OPEN: &str = "\u{e256}";
pub const FRAME_CORNERS: &str = "\u{e626}";
pub const GEAR: &str = "\u{e270}";
pub const GLOBE: &str = "\u{e288}";
pub const HAND_PALM: &str = "\u{e57e}";
pub const HARD_DRIVE: &str = "\u{e29e}";
pub const HARD_DRIVES: &str = "\u{e2a0}";
pub const HOURGLASS: &str = "\u{e2b2}";
pub const IMAGE: &str = "\u{e2ca}";
pub const IMAGES_SQUARE: &str = "\u{e834}";
pub const INFO: &str = "\u{e2ce}";
pub const KEYBOARD: &str = "\u{e2d8}";
pub const LAPTOP: &str = "\u{e586}";
pub const LINK: &str = "\u{e2e2}";
pub const LIST: &str = "\u{e2f0}";
pub const LOCK: &str = "\u{e2fa}";
pub const MAGNIFYING_GLASS: &str = "\u{e30c}";
pub const MAGNIFYING_GLASS_MINUS: &str = "\u{e30e}";
pub const MAGNIFYING_GLASS_PLUS: &str = "\u{e310}";
pub const MINUS: &str = "\u{e32a}";
pub const MONITOR: &str = "\u{e32e}";
pub const MOON: &str = "\u{e330}";
pub const PACKAGE: &str = "\u{e390}";
pub const PALETTE: &str = "\u{e6c8}";
pub const PAPER_PLANE_RIGHT: &str = "\u{e396}";
pub const PAPER_PLANE_TILT: &str = "\u{e398}";
pub const PAPERCLIP: &str = "\u{e39a}";
pub const PAUSE: &str = "\u{e39e}";
pub const PENCIL_SIMPLE: &str = "\u{e3b4}";
pub const PLAY: &str = "\u{e3d0}";
pub const PLUGS: &str = "\u{eb56}";
pub const PLUS: &str = "\u{e3d4}";
pub const PROHIBIT: &str = "\u{e3de}";
pub const QUESTION: &str = "\u{e3e8}";
pub const QUOTES: &str = "\u{e660}";
pub const SEAL_CHECK: &str = "\u{e606}";
pub const SELECTION_ALL: &str = "\u{e746}";
pub const SHARE_NETWORK: &str = "\u{e408}";
pub const SHIELD_CHECK: &str = "\u{e40c}";
pub const SHIELD_WARNING: &str = "\u{e412}";
pub const SIGN_OUT: &str = "\u{e42a}";
pub const SMILEY: &str = "\u{e436}";
pub const SPINNER_GAP: &str = "\u{e66c}";
pub const SQUARE: &str = "\u{e45e}";
pub const SQUARES_FOUR: &str = "\u{e464}";
pub const STACK: &str = "\u{e466}";
pub const STOP: &str = "\u{e46c}";
pub const STOP_CIRCLE: &str = "\u{e46e}";
pub const SUN: &str = "\u{e472}";
pub const TEXT_T: &str = "\u{e48a}";
pub const TRANSLATE: &str = "\u{e4a2}";
pub const TRASH: &str = "\u{e4a6}";
pub const TRAY: &str = "\u{e4aa}";
pub const TRAY_ARROW_DOWN: &str = "\u{e010}";
pub const UPLOAD_SIMPLE: &str = "\u{e4c0}";
pub const USER: &str = "\u{e4c2}";
pub const USER_PLUS: &str = "\u{e4d0}";
pub const WARNING: &str = "\u{e4e0}";
pub const WARNING_CIRCLE: &str = "\u{e4e2}";
pub const WIFI_HIGH: &str = "\u{e4ea}";
pub const WIFI_SLASH: &str = "\u{e4f2}";
pub const WIFI_X: &str = "\u{e4f4}";
pub const X: &str = "\u{e4f6}";
pub const X_CIRCLE: &str = "\u{e4f8}";

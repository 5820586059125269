//! What keys and buttons mean in the viewer.

use egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

/// What a key or button means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// An arrow key, right and down positive: moves what is larger than the window, turns the page otherwise.
    Arrow(i8, i8),
    Previous,
    Next,
    First,
    Last,
    ZoomIn,
    ZoomOut,
    Fit,
    Actual,
    RotateLeft,
    RotateRight,
    /// Of what moves: stand still or go on.
    Play,
    StepBack,
    StepOn,
    /// What is known of the file.
    About,
    /// Also where it was taken.
    Place,
    CopyPlace,
    Copy,
    CopyFile,
    Save,
    Open,
    Reveal,
    Bin,
    Close,
}

/// The first of several keys for the same is the one that people are told. Those with more modifiers come first: egui
/// takes a key with Shift for the one without, too.
const KEYS: [(Modifiers, Key, Wish); 28] = [
    (Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::C, Wish::CopyFile),
    (Modifiers::COMMAND, Key::C, Wish::Copy),
    (Modifiers::COMMAND, Key::S, Wish::Save),
    (Modifiers::COMMAND, Key::O, Wish::Open),
    (Modifiers::COMMAND, Key::Enter, Wish::Reveal),
    (Modifiers::SHIFT, Key::R, Wish::RotateLeft),
    (Modifiers::NONE, Key::R, Wish::RotateRight),
    (Modifiers::NONE, Key::ArrowLeft, Wish::Arrow(-1, 0)),
    (Modifiers::NONE, Key::ArrowRight, Wish::Arrow(1, 0)),
    (Modifiers::NONE, Key::ArrowUp, Wish::Arrow(0, -1)),
    (Modifiers::NONE, Key::ArrowDown, Wish::Arrow(0, 1)),
    (Modifiers::NONE, Key::PageUp, Wish::Previous),
    (Modifiers::NONE, Key::PageDown, Wish::Next),
    (Modifiers::NONE, Key::Home, Wish::First),
    (Modifiers::NONE, Key::End, Wish::Last),
    (Modifiers::NONE, Key::Plus, Wish::ZoomIn),
    (Modifiers::SHIFT, Key::Plus, Wish::ZoomIn),
    (Modifiers::NONE, Key::Equals, Wish::ZoomIn),
    (Modifiers::NONE, Key::Minus, Wish::ZoomOut),
    (Modifiers::NONE, Key::Num0, Wish::Fit),
    (Modifiers::NONE, Key::Num1, Wish::Actual),
    (Modifiers::NONE, Key::Comma, Wish::StepBack),
    (Modifiers::NONE, Key::Period, Wish::StepOn),
    (Modifiers::NONE, Key::I, Wish::About),
    (Modifiers::NONE, Key::Delete, Wish::Bin),
    (Modifiers::COMMAND, Key::Backspace, Wish::Bin),
    (Modifiers::NONE, PLAY, Wish::Play),
    (Modifiers::NONE, Key::Escape, Wish::Close),
];

/// Presses a button that has the keyboard, and is the picture's own only otherwise.
const PLAY: Key = Key::Space;

/// Takes the viewer's keys from the input before anything else sees them. `on_picture`: no button has the keyboard.
pub(super) fn keys(ctx: &Context, on_picture: bool) -> Vec<Wish> {
    ctx.input_mut(|input| {
        let mut wishes: Vec<Wish> = KEYS
            .into_iter()
            .filter(|(modifiers, key, _)| (*key != PLAY || on_picture) && input.consume_key(*modifiers, *key))
            .map(|(_, _, wish)| wish)
            .collect();
        // Ctrl+C arrives as what it means.
        let copies = input.events.iter().filter(|event| matches!(event, Event::Copy)).count();
        if copies > 0 {
            input.events.retain(|event| !matches!(event, Event::Copy));
            wishes.push(Wish::Copy);
        }
        wishes
    })
}

/// The key for it as people read it, such as "Ctrl+S".
pub(super) fn key_of(ctx: &Context, wish: Wish) -> Option<String> {
    let wish = match wish {
        Wish::Previous => Wish::Arrow(-1, 0),
        Wish::Next => Wish::Arrow(1, 0),
        other => other,
    };
    let (modifiers, key, _) = KEYS.into_iter().find(|(_, _, there)| *there == wish)?;
    Some(ctx.format_shortcut(&KeyboardShortcut::new(modifiers, key)))
}

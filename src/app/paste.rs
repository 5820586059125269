//! Copy, cut and paste: the keys, and what the clipboard holds.
//!
//! egui's own handling is off (`clipboard_shortcuts = false`), because it gives no event at all for files copied in a
//! file manager. The clipboard is read on a thread of its own; what comes is taken in at the next frame.

use std::{path::PathBuf, sync::Arc};

use egui::{Event, Key, Modifiers};

use crate::platform::clipboard::{Clipboard, ClipboardError, Copied, Pasted};

/// Answers that may wait for the next frame.
const ANSWERS: usize = 8;

#[derive(Debug)]
pub struct Paste {
    clipboard: Option<Clipboard>,
    answers: flume::Receiver<Answer>,
    sender: flume::Sender<Answer>,
    /// The next frame's hook gives this to the field that has the keyboard.
    text: Option<String>,
}

#[derive(Debug)]
pub enum Answer {
    Pasted(Pasted),
    /// Put onto the clipboard.
    Copied,
    Failed(ClipboardError),
}

/// What the keys asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub paste: bool,
}

impl Default for Paste {
    fn default() -> Self {
        let clipboard = Clipboard::start().inspect_err(|error| log::warn!("no clipboard: {error}")).ok();
        let (sender, answers) = flume::bounded(ANSWERS);
        Self { clipboard, answers, sender, text: None }
    }
}

impl Paste {
    /// Turns the keys of this frame into what they mean. From `App::raw_input_hook`.
    pub fn hook(&mut self, events: &mut Vec<Event>) -> Asked {
        let asked = translate(events);
        if let Some(text) = self.text.take() {
            events.push(Event::Paste(text));
        }
        asked
    }

    /// Reads the clipboard; the answer comes through [`Self::poll`].
    pub fn read(&self, ctx: &egui::Context) {
        let Some(clipboard) = &self.clipboard else { return };
        let tell = self.teller(ctx);
        clipboard.read(move |result| tell(result.map_or_else(Answer::Failed, Answer::Pasted)));
    }

    pub fn copy_files(&self, ctx: &egui::Context, paths: Vec<PathBuf>) {
        self.write(ctx, Copied::Files(paths));
    }

    pub fn copy_text(&self, ctx: &egui::Context, text: String) {
        self.write(ctx, Copied::Text(text));
    }

    /// Upright pixels, four bytes each, not premultiplied.
    pub fn copy_picture(&self, ctx: &egui::Context, rgba: Arc<[u8]>, width: u32, height: u32) {
        self.write(ctx, Copied::Picture { rgba, width, height });
    }

    /// What a paste brought, or what became of a copy.
    pub fn poll(&self) -> Option<Answer> {
        self.answers.try_recv().ok()
    }

    /// Text for the field that has the keyboard, given to it at the next frame.
    pub fn type_text(&mut self, ctx: &egui::Context, text: String) {
        self.text = Some(text);
        ctx.request_repaint();
    }

    fn write(&self, ctx: &egui::Context, what: Copied) {
        let Some(clipboard) = &self.clipboard else { return };
        let tell = self.teller(ctx);
        clipboard.write(what, move |result| tell(result.map_or_else(Answer::Failed, |()| Answer::Copied)));
    }

    fn teller(&self, ctx: &egui::Context) -> impl FnOnce(Answer) + Send + 'static {
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        move |answer| {
            sender.try_send(answer).ok();
            ctx.request_repaint_of(egui::ViewportId::ROOT);
        }
    }
}

/// Replaces the key presses that mean copy and cut by those events, and takes those that mean paste out.
fn translate(events: &mut Vec<Event>) -> Asked {
    let mut asked = Asked::default();
    events.retain_mut(|event| {
        let Event::Key { key, pressed, modifiers, .. } = *event else { return true };
        let Some(meaning) = meaning(key, modifiers) else { return true };
        if pressed {
            match meaning {
                Meaning::Copy => *event = Event::Copy,
                Meaning::Cut => *event = Event::Cut,
                Meaning::Paste => {
                    asked.paste = true;
                    return false;
                }
            }
            return true;
        }
        // The letting go of a key whose pressing nobody saw.
        false
    });
    asked
}

enum Meaning {
    Copy,
    Cut,
    Paste,
}

fn meaning(key: Key, modifiers: Modifiers) -> Option<Meaning> {
    let command = modifiers.command && !modifiers.alt;
    let shift_only = modifiers.shift && !modifiers.command && !modifiers.alt;
    match key {
        Key::Copy => Some(Meaning::Copy),
        Key::Cut => Some(Meaning::Cut),
        Key::Paste => Some(Meaning::Paste),
        Key::C if command && !modifiers.shift => Some(Meaning::Copy),
        Key::X if command && !modifiers.shift => Some(Meaning::Cut),
        // With Shift it is "paste without formatting" elsewhere; there is none here.
        Key::V if command => Some(Meaning::Paste),
        Key::Insert if command => Some(Meaning::Copy),
        Key::Insert if shift_only => Some(Meaning::Paste),
        Key::Delete if shift_only => Some(Meaning::Cut),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: Key, modifiers: Modifiers) -> Event {
        Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
    }

    #[test]
    fn the_keys_for_copy_cut_and_paste_mean_that_and_others_stay() {
        let mut events = vec![
            key(Key::C, Modifiers::COMMAND),
            key(Key::X, Modifiers::COMMAND),
            key(Key::V, Modifiers::COMMAND),
            key(Key::V, Modifiers::NONE),
            Event::Text("v".into()),
        ];
        assert!(translate(&mut events).paste);
        assert_eq!(events, [Event::Copy, Event::Cut, key(Key::V, Modifiers::NONE), Event::Text("v".into())],);
    }

    #[test]
    fn the_old_keys_work_too() {
        let mut events = vec![key(Key::Insert, Modifiers::SHIFT), key(Key::Insert, Modifiers::COMMAND)];
        assert!(translate(&mut events).paste);
        assert_eq!(events, [Event::Copy]);
        let mut events = vec![key(Key::Delete, Modifiers::SHIFT), key(Key::Delete, Modifiers::NONE)];
        assert!(!translate(&mut events).paste);
        assert_eq!(events, [Event::Cut, key(Key::Delete, Modifiers::NONE)]);
    }
}

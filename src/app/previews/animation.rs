//! Frames of a picture that moves, played while it is in sight.

use std::time::Duration;

use egui::{Context, TextureHandle, TextureOptions};

use super::color_image;
use crate::pictures::Frame;

/// Where a picture that moves is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Motion {
    pub playing: bool,
    /// From 0.
    pub at: usize,
    pub count: usize,
}

#[derive(Debug)]
pub(super) struct Moving {
    frames: Vec<Frame>,
    at: usize,
    /// When the next frame is due, by egui's clock; `None` before the first was seen.
    next: Option<f64>,
    /// What this person said; otherwise it plays unless motion is reduced.
    plays: Option<bool>,
}

impl Moving {
    /// Of at least two frames.
    pub(super) fn new(frames: Vec<Frame>) -> Self {
        Self { frames, at: 0, next: None, plays: None }
    }

    pub(super) fn bytes(&self) -> usize {
        self.frames.iter().map(|frame| frame.rgba.len()).sum()
    }

    pub(super) fn motion(&self, reduced: bool) -> Motion {
        Motion { playing: self.plays.unwrap_or(!reduced), at: self.at, count: self.frames.len() }
    }

    pub(super) fn set_playing(&mut self, playing: bool) {
        self.plays = Some(playing);
        self.next = None;
    }

    /// Stands still, so many frames further on (or back).
    pub(super) fn step(&mut self, texture: &mut TextureHandle, by: isize) {
        self.set_playing(false);
        let count = self.frames.len() as isize;
        self.at = (self.at as isize + by).rem_euclid(count) as usize;
        self.draw(texture);
    }

    /// Puts the frame of `now` into the texture and asks for a repaint when the next one is due.
    pub(super) fn play(&mut self, ctx: &Context, texture: &mut TextureHandle, now: f64) {
        let due = *self.next.get_or_insert_with(|| now + self.frames[self.at].delay.as_secs_f64());
        if now >= due {
            // Late by more than a frame (it was out of sight): goes on from here instead of racing after.
            self.at = (self.at + 1) % self.frames.len();
            self.draw(texture);
            let delay = self.frames[self.at].delay.as_secs_f64();
            self.next = Some(if due + delay > now { due + delay } else { now + delay });
        }
        let wait = self.next.unwrap_or(now) - now;
        ctx.request_repaint_after(Duration::from_secs_f64(wait.max(0.0)));
    }

    fn draw(&self, texture: &mut TextureHandle) {
        let frame = &self.frames[self.at];
        texture.set(color_image(frame.size, &frame.rgba), TextureOptions::LINEAR);
    }
}

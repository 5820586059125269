//! The face for letters in drawings that the program's own has none for: Chinese, above all.
//!
//! Whoever starts the process that decodes says where it lies. That process opens it before it gives up opening files and
//! before it reads anything of the drawing, and reads it only when a drawing has such letters.

use std::{
    fs::File,
    io::Read as _,
    sync::{Arc, OnceLock},
};

use super::limits::MAX_FACE_BYTES;
use crate::platform::faces::{Face, chinese};

static HELD: OnceLock<Option<(File, u32)>> = OnceLock::new();

/// Opens the face for this process; without one there will be none.
pub(super) fn hold(face: Option<Face>) {
    HELD.set(face.and_then(open)).ok();
}

/// The whole file, and which of its faces.
pub(super) fn held() -> Option<(Arc<Vec<u8>>, u32)> {
    static READ: OnceLock<Option<(Arc<Vec<u8>>, u32)>> = OnceLock::new();
    // Tests of the decoders run them in their own process, to which nobody said anything.
    READ.get_or_init(|| {
        let (file, index) = HELD.get_or_init(|| chinese().and_then(open)).as_ref()?;
        let mut bytes = Vec::new();
        file.take(MAX_FACE_BYTES + 1).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 <= MAX_FACE_BYTES).then(|| (Arc::new(bytes), *index))
    })
    .clone()
}

fn open(Face { path, index }: Face) -> Option<(File, u32)> {
    Some((File::open(path).ok()?, index))
}

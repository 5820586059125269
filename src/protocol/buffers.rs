//! Buffers that are used again.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Buffers lent to whoever handles them next, and taken back when nobody needs their bytes any more: a new one of some
/// size costs the kernel a fault for each of its pages.
///
/// Holds as many as are under way at once.
#[derive(Debug, Default)]
pub struct Buffers {
    lent: VecDeque<Bytes>,
}

impl Buffers {
    /// A buffer of unknown content and capacity.
    pub fn take(&mut self) -> BytesMut {
        // They come back in order; the first is still under way only while fewer exist than are needed.
        match self.lent.pop_front().map(Bytes::try_into_mut) {
            Some(Ok(buffer)) => buffer,
            Some(Err(busy)) => {
                self.lent.push_front(busy);
                BytesMut::new()
            }
            None => BytesMut::new(),
        }
    }

    /// The buffer of `bytes` comes back when all of its other holders are gone.
    pub fn lend(&mut self, bytes: &Bytes) {
        self.lent.push_back(bytes.clone());
    }
}

//! Buffers that are used again.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// More are never under way: a transfer holds ten of the largest frames. What is lent beyond that is not taken back: pieces
/// of one buffer, say, of which none is free before all are.
const MOST: usize = 16;

/// Buffers lent to whoever handles them next, and taken back when nobody needs their bytes any more: a new one of some
/// size costs the kernel a fault for each of its pages.
///
/// Holds as many as are under way at once, at most [`MOST`].
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
        if self.lent.len() == MOST {
            self.lent.pop_front();
        }
        self.lent.push_back(bytes.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_one_buffer_are_not_gathered_without_end() {
        let mut buffers = Buffers::default();
        for _ in 0..100 {
            let mut whole = buffers.take();
            whole.resize(1_000, 0);
            while !whole.is_empty() {
                buffers.lend(&whole.split_to(100).freeze());
            }
            assert!(buffers.lent.len() <= MOST);
        }
    }

    #[test]
    fn a_buffer_that_nobody_needs_any_more_is_used_again() {
        let mut buffers = Buffers::default();
        let bytes = BytesMut::with_capacity(100_000).freeze();
        let at = bytes.as_ptr();
        buffers.lend(&bytes);
        drop(bytes);
        let again = buffers.take();
        assert_eq!((again.as_ptr(), again.capacity()), (at, 100_000));
    }
}

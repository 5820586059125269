//! The BLAKE3 of a file in groups, so that a file that stopped half-way can go on without hashing its beginning again.
//!
//! A group's *chaining value* is the value of its subtree in BLAKE3's tree over the whole file. Groups are a power of
//! two of BLAKE3's own chunks long, so every complete one is a subtree, and the hash of the whole is their merger.

use blake3::{
    Hasher,
    hazmat::{HasherExt as _, Mode, merge_subtrees_non_root, merge_subtrees_root},
};

use crate::protocol::limits::RESUME_GROUP;

/// A subtree's value.
pub(super) type Value = [u8; blake3::OUT_LEN];

/// How many groups of a file can be gone on from: the last one is always hashed anew, since the root of a file of one
/// group is no merger.
pub(super) fn resumable(size: u64) -> u64 {
    size.saturating_sub(1) / RESUME_GROUP
}

/// Hashes a file and keeps the value of every complete group.
#[derive(Debug)]
pub(super) struct GroupHasher {
    group: u64,
    values: Vec<Value>,
    /// Of the group that is under way, or that became complete last.
    hasher: Hasher,
    filled: u64,
}

impl GroupHasher {
    pub fn new() -> Self {
        Self::after(Vec::new())
    }

    /// Goes on after these groups. There must be more to come: see [`resumable`].
    pub fn after(values: Vec<Value>) -> Self {
        Self::with_groups_of(RESUME_GROUP, values)
    }

    fn with_groups_of(group: u64, values: Vec<Value>) -> Self {
        let filled = if values.is_empty() { 0 } else { group };
        Self { group, values, hasher: Hasher::new(), filled }
    }

    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.filled == self.group {
                self.hasher = Hasher::new();
                self.hasher.set_input_offset(self.values.len() as u64 * self.group);
                self.filled = 0;
            }
            let room = usize::try_from(self.group - self.filled).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.hasher.update(now);
            self.filled += now.len() as u64;
            if self.filled == self.group {
                self.values.push(self.hasher.finalize_non_root());
            }
            bytes = later;
        }
    }

    /// Of the groups that are complete, in order.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Of the whole.
    pub fn finish(mut self) -> Value {
        let whole_in_one = self.values.len() <= usize::from(self.filled == self.group);
        if !whole_in_one && (1..self.group).contains(&self.filled) {
            self.values.push(self.hasher.finalize_non_root());
        }
        match self.values.split_at(left_of(self.values.len())) {
            (left, right) if !whole_in_one && !left.is_empty() && !right.is_empty() => {
                *merge_subtrees_root(&merged(left), &merged(right), Mode::Hash).as_bytes()
            }
            _ => *self.hasher.finalize().as_bytes(),
        }
    }
}

/// The left subtree has as many as a power of two can be while some are left for the right one.
fn left_of(count: usize) -> usize {
    if count < 2 { 0 } else { count.next_power_of_two() / 2 }
}

fn merged(values: &[Value]) -> Value {
    match values {
        [] => Value::default(),
        [only] => *only,
        several => {
            let (left, right) = several.split_at(left_of(several.len()));
            merge_subtrees_non_root(&merged(left), &merged(right), Mode::Hash)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GROUP: u64 = 4096;

    fn content(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        Hasher::new().update(b"content").finalize_xof().fill(&mut bytes);
        bytes
    }

    fn in_groups(content: &[u8], step: usize) -> GroupHasher {
        let mut hasher = GroupHasher::with_groups_of(GROUP, Vec::new());
        content.chunks(step).for_each(|chunk| hasher.update(chunk));
        hasher
    }

    #[test]
    fn the_hash_of_the_whole_is_blake3s_whatever_the_length() {
        let group = GROUP as usize;
        for groups in 0..20 {
            for odd in [-1_i64, 0, 1, 1023, 1024, 1025, 4000] {
                let Ok(length) = usize::try_from((groups * group) as i64 + odd) else { continue };
                let content = content(length);
                assert_eq!(in_groups(&content, 999).finish(), *blake3::hash(&content).as_bytes(), "{length} bytes");
            }
        }
    }

    #[test]
    fn a_real_group_is_a_subtree() {
        let content = content(RESUME_GROUP as usize * 2 + 5);
        let mut hasher = GroupHasher::new();
        content.chunks(1 << 20).for_each(|chunk| hasher.update(chunk));
        assert_eq!(hasher.values().len(), 2);
        assert_eq!(hasher.finish(), *blake3::hash(&content).as_bytes());
    }

    #[test]
    fn the_last_group_is_always_hashed() {
        let group = RESUME_GROUP;
        for (size, groups) in [(0, 0), (1, 0), (group, 0), (group + 1, 1), (2 * group, 1), (2 * group + 1, 2)] {
            assert_eq!(resumable(size), groups, "{size}");
        }
    }

    proptest! {
        #[test]
        fn going_on_after_some_groups_gives_the_same_hash(length in 1_usize..60_000, part in 0_u64..16, step in 1_usize..9000) {
            let content = content(length);
            let whole = in_groups(&content, step);
            let kept = (part as usize).min((length - 1) / GROUP as usize);
            let mut rest = GroupHasher::with_groups_of(GROUP, whole.values()[..kept].to_vec());
            rest.update(&content[kept * GROUP as usize..]);
            prop_assert_eq!(rest.values(), whole.values());
            prop_assert_eq!(rest.finish(), *blake3::hash(&content).as_bytes());
        }
    }
}

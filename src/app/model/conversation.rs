//! The stretch of one computer's conversation that is loaded: what is in view and near, without gaps, and how many
//! entries lie before and after it.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    engine::api::PageAt,
    store::model::{Direction, Entry},
};

/// So many entries stay loaded when more come: far more than a window shows, little memory. What arrives is taken in up
/// to twice as many, so that nothing is unloaded under a reader's eyes.
pub const LOADED: usize = 600;

#[derive(Debug, Default)]
pub struct Conversation {
    entries: BTreeMap<i64, Arc<Entry>>,
    /// How many older ones are not loaded, and how many newer ones. The store's count when it was last asked; what was
    /// removed there since is still counted.
    pub before: u64,
    pub after: u64,
    /// The first page has come.
    pub loaded: bool,
    /// A page is on its way.
    pub loading: bool,
    /// Counts every change, so that what is derived from it can be kept until then.
    pub version: u64,
    /// The newest entry there is, loaded or not.
    newest: i64,
    /// What came after the stretch: the newest that was sent, and the first that was received.
    pub sent_beyond: Option<i64>,
    pub received_beyond: Option<i64>,
}

impl Conversation {
    /// Oldest first, in the order of arrival.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
        self.entries.values()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    #[must_use]
    pub fn get(&self, seq: i64) -> Option<&Arc<Entry>> {
        self.entries.get(&seq)
    }

    /// The first and the last that are loaded.
    #[must_use]
    pub fn ends(&self) -> Option<(i64, i64)> {
        Some((*self.entries.first_key_value()?.0, *self.entries.last_key_value()?.0))
    }

    /// The number of the newest entry there is, loaded or not; 0 if there was none.
    #[must_use]
    pub fn newest(&self) -> i64 {
        self.newest
    }

    /// A page that was asked for. It goes on where the stretch ends, or takes its place.
    pub(in crate::app) fn take_page(&mut self, at: PageAt, entries: Vec<Arc<Entry>>, before: u64, after: u64) {
        let goes_on = !self.entries.is_empty();
        match at {
            PageAt::Before(_) if goes_on => self.before = before,
            PageAt::After(_) if goes_on => self.after = after,
            _ => {
                self.entries.retain(|seq, _| entries.iter().any(|entry| entry.seq == *seq));
                (self.before, self.after) = (before, after);
            }
        }
        entries.into_iter().for_each(|entry| self.insert(entry));
        while self.entries.len() > LOADED {
            match at {
                PageAt::Before(_) => {
                    self.entries.pop_last();
                    self.after += 1;
                }
                _ => {
                    self.entries.pop_first();
                    self.before += 1;
                }
            }
        }
        if self.after == 0 {
            (self.sent_beyond, self.received_beyond) = (None, None);
        }
        (self.loaded, self.loading) = (true, false);
        self.version += 1;
    }

    /// An entry that is new, or changed.
    pub(in crate::app) fn take_change(&mut self, entry: Arc<Entry>) {
        let is_new = entry.seq > self.newest;
        if is_new && (self.after > 0 || self.entries.len() >= 2 * LOADED) {
            self.newest = entry.seq;
            self.after += 1;
            self.version += 1;
            match entry.direction {
                Direction::Sent => self.sent_beyond = Some(entry.seq),
                Direction::Received => {
                    self.received_beyond.get_or_insert(entry.seq);
                }
            }
            return;
        }
        let (first, last) = self.ends().unwrap_or((i64::MAX, i64::MIN));
        let outside = self.before > 0 && entry.seq < first || self.after > 0 && entry.seq > last;
        if is_new || !outside {
            self.insert(entry);
        }
    }

    pub(in crate::app) fn remove(&mut self, seq: i64) {
        if self.entries.remove(&seq).is_some() {
            self.version += 1;
        }
    }

    /// Replies may cross: the newer revision of an entry stays.
    fn insert(&mut self, entry: Arc<Entry>) {
        self.newest = self.newest.max(entry.seq);
        if self.entries.get(&entry.seq).is_none_or(|known| known.revision <= entry.revision) {
            self.version += 1;
            self.entries.insert(entry.seq, entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::conversation::samples::{received, sent};

    fn page(seqs: std::ops::Range<i64>) -> Vec<Arc<Entry>> {
        seqs.rev().map(|seq| received(seq, seq, "x")).collect()
    }

    /// Of the entries 1 to 10,000, these are loaded.
    fn of_ten_thousand(at: PageAt, seqs: std::ops::Range<i64>, conversation: &mut Conversation) {
        let (before, after) = (seqs.start as u64 - 1, 10_001 - seqs.end as u64);
        conversation.take_page(at, page(seqs), before, after);
    }

    fn counted(conversation: &Conversation) -> (u64, Option<(i64, i64)>, u64) {
        (conversation.before, conversation.ends(), conversation.after)
    }

    #[test]
    fn however_far_one_reads_no_more_than_a_bound_is_loaded_and_nothing_is_lost_count_of() {
        let mut conversation = Conversation::default();
        of_ten_thousand(PageAt::End, 9_901..10_001, &mut conversation);
        for _ in 0..40 {
            let (oldest, _) = conversation.ends().unwrap();
            of_ten_thousand(PageAt::Before(oldest), oldest - 100..oldest, &mut conversation);
            let (before, ends, after) = counted(&conversation);
            let (first, last) = ends.unwrap();
            assert!(conversation.len() <= LOADED);
            assert_eq!((before, after), (first as u64 - 1, 10_000 - last as u64));
        }
        assert_eq!(counted(&conversation), (5_900, Some((5_901, 6_500)), 3_500));
        of_ten_thousand(PageAt::After(6_500), 6_501..6_601, &mut conversation);
        assert_eq!(counted(&conversation), (6_000, Some((6_001, 6_600)), 3_400));
        of_ten_thousand(PageAt::Around(5), 1..40, &mut conversation);
        assert_eq!(counted(&conversation), (0, Some((1, 39)), 9_961), "a page elsewhere takes the stretch's place");
    }

    #[test]
    fn what_arrives_while_one_reads_far_up_is_counted_and_known_to_be_new() {
        let mut conversation = Conversation::default();
        of_ten_thousand(PageAt::End, 9_901..10_001, &mut conversation);
        of_ten_thousand(PageAt::Place(50), 1..101, &mut conversation);
        conversation.take_change(received(10_001, 0, "hello?"));
        conversation.take_change(sent(10_002, 0, "here"));
        conversation.take_change(received(9_950, 0, "changed, and not loaded"));
        assert_eq!(counted(&conversation), (0, Some((1, 100)), 9_902));
        assert_eq!((conversation.received_beyond, conversation.sent_beyond), (Some(10_001), Some(10_002)));
        assert_eq!(conversation.newest(), 10_002);
        conversation.take_page(PageAt::End, page(9_903..10_003), 9_902, 0);
        assert_eq!((conversation.received_beyond, conversation.sent_beyond), (None, None));
    }

    #[test]
    fn a_flood_of_arrivals_is_taken_in_up_to_a_bound() {
        let mut conversation = Conversation::default();
        conversation.take_page(PageAt::End, page(1..100), 0, 0);
        for seq in 100..5_000 {
            conversation.take_change(received(seq, 0, "x"));
        }
        assert_eq!(counted(&conversation), (0, Some((1, 1_200)), 3_799));
    }
}

//! From entries to rows: a line for each new day, a line before what is new, and neighbours in time drawn as one group.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::store::model::{Body, Direction, Entry, Millis, State};

/// Entries of one side that follow each other within this time form a group: a train of thought, not a new visit.
const GROUP_WITHIN_MS: i64 = 3 * 60 * 1000;

/// One line of the list, from the oldest down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// So many older entries that are not loaded.
    Older(u64),
    Day {
        /// When the first entry below it came, which names the row.
        at: Millis,
        seq: i64,
    },
    /// What follows has not been seen yet.
    New,
    Entry {
        index: usize,
        seq: i64,
        /// Top of its group: more air above.
        first: bool,
        /// Bottom of its group: bears the line with time and state.
        last: bool,
    },
    /// So many newer entries that are not loaded.
    Newer(u64),
}

/// Names a row across frames, while rows come and go around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowKey {
    Older,
    Day(i64),
    New,
    Entry(i64),
    Newer,
}

impl RowKey {
    /// What stands for entries that are not loaded.
    pub fn is_gap(self) -> bool {
        matches!(self, Self::Older | Self::Newer)
    }
}

impl Row {
    pub fn key(&self) -> RowKey {
        match self {
            Self::Older(_) => RowKey::Older,
            Self::Day { seq, .. } => RowKey::Day(*seq),
            Self::New => RowKey::New,
            Self::Entry { seq, .. } => RowKey::Entry(*seq),
            Self::Newer(_) => RowKey::Newer,
        }
    }
}

/// The day of an entry where this computer stands.
pub fn day_of(at: Millis, zone: &TimeZone) -> Date {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone()).date()
}

/// Builds the rows of `entries` (oldest first). `new_from` is the first entry that had not been seen when the
/// conversation was opened; `before` and `after` count those that are not loaded.
pub fn rows(entries: &[Arc<Entry>], new_from: Option<i64>, (before, after): (u64, u64), zone: &TimeZone) -> Vec<Row> {
    let mut rows = Vec::with_capacity(entries.len() + 8);
    if before > 0 {
        rows.push(Row::Older(before));
    }
    let mut day = None;
    let mut group_open = false;
    for (index, entry) in entries.iter().enumerate() {
        let date = day_of(entry.at, zone);
        if day != Some(date) {
            rows.push(Row::Day { at: entry.at, seq: entry.seq });
            day = Some(date);
            group_open = false;
        }
        if new_from == Some(entry.seq) {
            rows.push(Row::New);
            group_open = false;
        }
        let goes_on = entries.get(index + 1).is_some_and(|next| {
            belongs_together(entry, next) && new_from != Some(next.seq) && day_of(next.at, zone) == date
        });
        rows.push(Row::Entry { index, seq: entry.seq, first: !group_open, last: !goes_on });
        group_open = goes_on;
    }
    if after > 0 {
        rows.push(Row::Newer(after));
    }
    rows
}

fn belongs_together(one: &Entry, next: &Entry) -> bool {
    let both = |what: fn(&Entry) -> bool| what(one) && what(next);
    one.direction == next.direction
        && (next.at.0 - one.at.0).abs() <= GROUP_WITHIN_MS
        // Everything else has a line of its own below it, which parts it from its neighbours.
        && both(|entry| matches!(entry.body, Body::Text(_)) && entry.state == State::Saved)
}

/// The first entry this person has not seen, if any.
pub fn first_unread(entries: &[Arc<Entry>]) -> Option<i64> {
    entries.iter().find(|entry| entry.direction == Direction::Received && !entry.read).map(|entry| entry.seq)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::conversation::samples::{received, sent};

    const NOON: i64 = 1_800_014_400_000;
    const MINUTE: i64 = 60_000;

    fn shape(rows: &[Row], zone: &TimeZone) -> Vec<String> {
        rows.iter()
            .map(|row| match row {
                Row::Older(count) => format!("{count} older"),
                Row::Newer(count) => format!("{count} newer"),
                Row::Day { at, .. } => day_of(*at, zone).to_string(),
                Row::New => "new".to_owned(),
                Row::Entry { seq, first, last, .. } => {
                    format!("{}{seq}{}", if *first { "[" } else { "" }, if *last { "]" } else { "" })
                }
            })
            .collect()
    }

    #[test]
    fn neighbours_in_time_from_one_side_form_a_group() {
        let entries = [
            received(1, NOON, "a"),
            received(2, NOON + MINUTE, "b"),
            sent(3, NOON + 2 * MINUTE, "c"),
            sent(4, NOON + 9 * MINUTE, "d"),
        ];
        let rows = rows(&entries, None, (0, 0), &TimeZone::UTC);
        assert_eq!(shape(&rows, &TimeZone::UTC), ["2027-01-15", "[1", "2]", "[3]", "[4]"]);
    }

    #[test]
    fn each_day_begins_with_its_line_in_this_computers_time_zone() {
        let entries = [received(1, NOON, "a"), received(2, NOON + MINUTE, "b")];
        let zone = TimeZone::fixed(jiff::tz::offset(12));
        let twelve_later = jiff::Timestamp::from_millisecond(NOON).map(|at| at.to_zoned(zone.clone()).date());
        assert_eq!(twelve_later.ok(), Some(jiff::civil::date(2027, 1, 16)));
        let across = [received(1, NOON - 12 * 60 * MINUTE - MINUTE, "a"), received(2, NOON - 12 * 60 * MINUTE, "b")];
        assert_eq!(shape(&rows(&entries, None, (0, 0), &zone), &zone), ["2027-01-16", "[1", "2]"]);
        assert_eq!(
            shape(&rows(&across, None, (0, 0), &TimeZone::UTC), &TimeZone::UTC),
            ["2027-01-14", "[1]", "2027-01-15", "[2]"],
            "midnight parts a group"
        );
    }

    #[test]
    fn what_is_new_stands_below_its_line_and_what_is_not_loaded_around_it_all() {
        let entries = [received(1, NOON, "a"), received(2, NOON + MINUTE, "b"), received(3, NOON + MINUTE, "c")];
        let rows = rows(&entries, Some(2), (7, 9), &TimeZone::UTC);
        assert_eq!(shape(&rows, &TimeZone::UTC), ["7 older", "2027-01-15", "[1]", "new", "[2", "3]", "9 newer"]);
    }

    #[test]
    fn keys_stay_unique_when_the_clock_was_turned_back() {
        let day = 24 * 60 * MINUTE;
        let entries = [received(1, NOON, "a"), received(2, NOON - day, "b"), received(3, NOON, "c")];
        let rows = rows(&entries, None, (0, 0), &TimeZone::UTC);
        let mut keys: Vec<_> = rows.iter().map(Row::key).collect();
        let before = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!((before, keys.len()), (6, 6));
    }
}

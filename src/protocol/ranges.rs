//! Sets of item and entry numbers, as few ranges.

use std::ops::Range;

/// A set of numbers as ascending ranges that neither touch nor overlap.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Ranges(Vec<Range<u32>>);

/// Numbers that are no ranges as the wire has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not ascending, apart, non-empty ranges within the bound")]
pub struct NotRanges;

impl Ranges {
    /// Everything below `end`.
    pub fn all(end: u32) -> Self {
        Self((end > 0).then_some(0..end).into_iter().collect())
    }

    /// In any order; twice is once.
    pub fn from_numbers(numbers: impl IntoIterator<Item = u32>) -> Self {
        let mut numbers: Vec<u32> = numbers.into_iter().filter(|number| *number < u32::MAX).collect();
        numbers.sort_unstable();
        let mut ranges = Self::default();
        for number in numbers {
            ranges.push(number);
        }
        ranges
    }

    /// Adds a number that is not smaller than any that is in (smaller ones are ignored). `u32::MAX` can't be in.
    pub fn push(&mut self, number: u32) {
        let Some(next) = number.checked_add(1) else { return };
        match self.0.last_mut() {
            Some(last) if number < last.end => {}
            Some(last) if number == last.end => last.end = next,
            _ => self.0.push(number..next),
        }
    }

    pub fn contains(&self, number: u32) -> bool {
        let at = self.0.partition_point(|range| range.end <= number);
        self.0.get(at).is_some_and(|range| range.contains(&number))
    }

    /// How many numbers are in.
    pub fn len(&self) -> u64 {
        self.0.iter().map(|range| u64::from(range.end - range.start)).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One more than the greatest number, 0 when there is none.
    pub fn end(&self) -> u32 {
        self.0.last().map_or(0, |range| range.end)
    }

    /// The smallest number in that is at least `from`.
    pub fn next_from(&self, from: u32) -> Option<u32> {
        let at = self.0.partition_point(|range| range.end <= from);
        self.0.get(at).map(|range| range.start.max(from))
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().cloned().flatten()
    }

    pub fn as_slice(&self) -> &[Range<u32>] {
        &self.0
    }

    /// The first of them, at most so many ranges.
    pub fn first_ranges(&self, most: usize) -> Self {
        Self(self.0.iter().take(most).cloned().collect())
    }

    /// From pairs (first, count) as the wire has them, all below `end`.
    pub(super) fn from_pairs(pairs: &[u32], end: u32) -> Result<Self, NotRanges> {
        let (pairs, rest) = pairs.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(NotRanges);
        }
        let mut ranges: Vec<Range<u32>> = Vec::new();
        for &[first, count] in pairs {
            let until = first.checked_add(count).filter(|until| count > 0 && *until <= end).ok_or(NotRanges)?;
            if ranges.last().is_some_and(|last| first <= last.end) {
                return Err(NotRanges);
            }
            ranges.push(first..until);
        }
        Ok(Self(ranges))
    }

    pub(super) fn to_pairs(&self) -> Vec<u32> {
        self.0.iter().flat_map(|range| [range.start, range.end - range.start]).collect()
    }
}

impl FromIterator<u32> for Ranges {
    fn from_iter<T: IntoIterator<Item = u32>>(numbers: T) -> Self {
        Self::from_numbers(numbers)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_that_touch_overlap_fall_back_or_leave_the_bound_are_refused() {
        for pairs in [&[0, 0][..], &[0, 1, 1, 1], &[0, 2, 1, 2], &[5, 1, 0, 1], &[9, 2], &[u32::MAX, 2], &[1]] {
            assert_eq!(Ranges::from_pairs(pairs, 10), Err(NotRanges), "{pairs:?}");
        }
        assert_eq!(Ranges::from_pairs(&[0, 1, 2, 8], 10).map(|ranges| ranges.len()), Ok(9));
    }

    proptest! {
        #[test]
        fn a_set_of_numbers_is_the_same_set_as_ranges(numbers in proptest::collection::btree_set(0u32..300, 0..100)) {
            let ranges = Ranges::from_numbers(numbers.iter().rev().copied());
            prop_assert_eq!(ranges.iter().collect::<Vec<_>>(), numbers.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(ranges.len(), numbers.len() as u64);
            for number in 0..301 {
                prop_assert_eq!(ranges.contains(number), numbers.contains(&number));
                prop_assert_eq!(ranges.next_from(number), numbers.range(number..).next().copied());
            }
            prop_assert_eq!(Ranges::from_pairs(&ranges.to_pairs(), 300), Ok(ranges));
        }
    }
}

//! Sizes, speeds, spans and times as people read them.

use std::time::Duration;

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};

use super::Texts;
use crate::store::model::{DeviceKind, Millis};

/// Sizes are decimal, as disks and file managers count: 1 MB is 1,000,000 bytes.
const STEP: f64 = 1000.0;

impl Texts {
    /// "512 B", "8.2 KB", "6.1 MB", "120 MB".
    #[must_use]
    pub fn size(&self, bytes: u64) -> String {
        if bytes < 1000 {
            return self.size_bytes(&bytes.to_string());
        }
        let mut value = bytes as f64 / STEP;
        let mut unit = 0;
        // 999.95 would be written as 1000.0.
        while value >= 999.5 && unit < 3 {
            value /= STEP;
            unit += 1;
        }
        let value = if value < 99.95 { format!("{value:.1}") } else { format!("{value:.0}") };
        match unit {
            0 => self.size_kb(&value),
            1 => self.size_mb(&value),
            2 => self.size_gb(&value),
            _ => self.size_tb(&value),
        }
    }

    /// "84 MB/s".
    #[must_use]
    pub fn speed(&self, bytes_per_second: u64) -> String {
        self.per_second(&self.size(bytes_per_second))
    }

    /// "63 %"; never 100 % before all is there.
    #[must_use]
    pub fn part(&self, done: u64, total: u64) -> String {
        let percent = if total == 0 { 0 } else { u128::from(done.min(total)) * 100 / u128::from(total) };
        self.percent(&percent.to_string())
    }

    /// "12 s", "3 min 20 s", "2 h 5 min", "4 days".
    #[must_use]
    pub fn duration(&self, span: Duration) -> String {
        let seconds = span.as_secs();
        match seconds {
            0..60 => self.duration_seconds(seconds.max(1)),
            60..600 if !seconds.is_multiple_of(60) => self.duration_minutes_seconds(seconds / 60, seconds % 60),
            60..3600 => self.duration_minutes(seconds / 60),
            3600..86_400 => self.duration_hours_minutes(seconds / 3600, seconds % 3600 / 60),
            _ => self.duration_days(seconds / 86_400),
        }
    }

    /// "14:02", by this computer's clock and zone.
    #[must_use]
    pub fn time_of_day(&self, at: Millis) -> String {
        time_of_day(&local(at))
    }

    /// "Today", "Yesterday", "Monday, 16 November", "3 May 2025": the head of a day in a conversation.
    #[must_use]
    pub fn day(&self, at: Millis) -> String {
        self.day_seen_from(local(at).date(), Zoned::now().date())
    }

    /// "just now", "5 min ago", "today at 14:02", "on 3 May 2025": inside a sentence.
    #[must_use]
    pub fn when(&self, at: Millis) -> String {
        self.when_seen_from(&local(at), &Zoned::now())
    }

    /// The day number by this computer's zone: two entries belong under one head when these are equal.
    #[must_use]
    pub fn day_number(at: Millis) -> i32 {
        let date = local(at).date();
        i32::from(date.year()) * 512 + i32::from(date.day_of_year())
    }

    #[must_use]
    pub fn kind(&self, kind: DeviceKind) -> &str {
        match kind {
            DeviceKind::Computer => self.kind_computer(),
            DeviceKind::Phone => self.kind_phone(),
            DeviceKind::Browser => self.kind_browser(),
        }
    }

    /// "Mei", "Mei and Tom", "Mei, Tom and Office PC".
    #[must_use]
    pub fn list<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> String {
        let names: Vec<&str> = names.into_iter().collect();
        let Some((last, before)) = names.split_last() else { return String::new() };
        let Some((first, rest)) = before.split_first() else { return (*last).into() };
        let before = rest.iter().fold((*first).to_owned(), |all, name| self.list_comma(&all, name));
        self.list_two(&before, last)
    }

    pub(super) fn day_seen_from(&self, date: Date, today: Date) -> String {
        match (today - date).get_days() {
            0 => self.today().into(),
            1 => self.yesterday().into(),
            _ => self.date_seen_from(date, today),
        }
    }

    pub(super) fn when_seen_from(&self, at: &Zoned, now: &Zoned) -> String {
        let seconds = now.timestamp().as_second() - at.timestamp().as_second();
        match seconds {
            ..60 => return self.when_just_now().into(),
            60..3600 => return self.when_minutes(seconds.unsigned_abs() / 60),
            _ => {}
        }
        match (now.date() - at.date()).get_days() {
            0 => self.when_today(&time_of_day(at)),
            1 => self.when_yesterday(&time_of_day(at)),
            _ => self.when_date(&self.date_seen_from(at.date(), now.date())),
        }
    }

    /// "14 July 2026, 18:03": by the clock of whoever noted it, wherever that was.
    #[must_use]
    pub fn noted(&self, year: u16, month: u8, day: u8, hour: u8, minute: u8) -> String {
        let date = self.date_other_year(day.into(), &self.month(month.into()), &year.to_string());
        self.viewer_taken_at(&date, &format!("{hour:02}:{minute:02}"))
    }

    fn date_seen_from(&self, date: Date, today: Date) -> String {
        let month = self.month(date.month().unsigned_abs().into());
        let day = date.day().unsigned_abs().into();
        if date.year() == today.year() {
            let weekday = self.weekday(date.weekday().to_monday_one_offset().unsigned_abs().into());
            self.date_this_year(&weekday, day, &month)
        } else {
            self.date_other_year(day, &month, &date.year().to_string())
        }
    }
}

fn time_of_day(at: &Zoned) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

fn local(at: Millis) -> Zoned {
    Timestamp::from_millisecond(at.0).unwrap_or_default().to_zoned(TimeZone::system())
}

//! Every message by name: one function each, with its arguments and their types.
//!
//! A message that is used but not listed here does not compile; one that is listed but not written (or the other way
//! round) fails the tests in [`super`]; one that nobody uses is a warning, since the functions are the crate's own.

use super::Texts;

/// Makes one method of [`Texts`] per message and the list the tests compare the files with. A message without arguments
/// is lent (it was formatted when the language was chosen); one with arguments is made anew.
macro_rules! messages {
    ($($name:ident $(($($arg:ident: $kind:ty),+))?;)*) => {
        impl Texts {
            $(messages!(@one $name $($($arg: $kind),+)?);)*
        }

        /// Message names (with `_` for `-`) and their arguments.
        pub(super) const MESSAGES: &[(&str, &[&str])] = &[$((stringify!($name), &[$($(stringify!($arg)),+)?])),*];
    };
    (@one $name:ident) => {
        #[must_use]
        pub(crate) fn $name(&self) -> &str {
            self.plain(stringify!($name))
        }
    };
    (@one $name:ident $($arg:ident: $kind:ty),+) => {
        #[must_use]
        #[allow(clippy::too_many_arguments)]
        pub(crate) fn $name(&self, $($arg: $kind),+) -> String {
            self.filled(stringify!($name), &[$((stringify!($arg), $arg.into())),+])
        }
    };
}

messages! {
// Names and general words
app_name;
cancel;
close;
done;
back;
undo;
more;
menu;
this_computer;
and_more(count: u64);
items(count: u64);
files(count: u64);
pictures(count: u64);
folders(count: u64);
a_message;

// Kinds of computers
kind_computer;
kind_phone;
kind_browser;

// The list
nearby;
seen_before;
list_reachable;
list_connecting;
list_away;
list_away_queue(count: u64);
list_new;
list_waiting;
list_asks;
list_waits;
list_wants;
list_blocked;
list_sending(percent: &str);
list_receiving(percent: &str);
verified;
not_verified;
unread(count: u64);
add_computer;
cant_see;
own_name(name: &str);
no_name_yet;
settings_open;
refresh;
show_received;
choose_also;
choose_not;

// Adding a computer by address
add_title;
add_explain;
add_field;
add_hint;
add_go;
add_looking;
add_nobody;
add_several;

// Help for when a computer is not seen
help_title;
help_open;
help_network;
help_guest;
help_firewall;
help_visible;
my_address(address: &str);
no_address;

// Header of a conversation
header_away;
header_seen(when: &str);
header_reachable;
header_visible;
header_blocked;
header_several(count: u64);
stranger_note;
impostor_title(name: &str);
impostor_note(name: &str);
search_here;

// Menu of a computer
menu_compare;
menu_about;
menu_rename;
menu_ask;
menu_accept;
menu_block;
menu_unblock;
menu_clear;
menu_forget;
menu_copy_address;
menu_copy_fingerprint;
rename_title(name: &str);
rename_field;
rename_explain;
rename_go;
forget_title(name: &str);
forget_explain;
forget_go;
clear_title(name: &str);
clear_explain;
clear_go;
block_title(name: &str);
block_explain;
block_go;

// Asking
ask_gives(name: &str, what: &str);
ask_takes(name: &str, what: &str);
ask_stranger;
ask_impostor(name: &str);
ask_accept;
ask_accept_some(count: u64);
ask_decline;
ask_always;
ask_block;
ask_choose;
ask_choose_less;
ask_into;
ask_folder;
ask_hide;
ask_more_waiting(count: u64);
ask_take_item(name: &str);

// First time
first_title;
first_explain(name: &str);
first_explain_several(names: &str);
first_send;
first_compare;

// Composer
compose_field;
compose_hint;
compose_hint_plain;
compose_hint_away(name: &str);
send;
attach;
add_files;
add_pictures;
add_folder;
remove_chip(name: &str);
form_without_metadata;
form_without_metadata_explain;
form_smaller;
form_smaller_explain;
chip_keeps;
chip_folder_keeps;
compose_keeps_metadata(name: &str);
pasted_picture;
text_too_long;

// What an entry says about itself
entry_you;
state_preparing;
state_waiting_for(name: &str);
state_waiting_here;
state_sending(percent: &str);
state_receiving(percent: &str);
state_finishing;
state_progress(percent: &str, speed: &str, left: &str);
state_progress_plain(percent: &str, speed: &str);
state_left(left: &str);
state_saved;
state_saved_on(name: &str);
state_already;
state_already_here;
state_already_on(name: &str);
state_without(state: &str, count: u64);
state_delivered;
state_declined_by(name: &str);
state_declined_here;
state_cancelled_here;
state_cancelled_there(name: &str);
state_held_away(name: &str);
state_held_queued(name: &str);
state_held_turn;
state_in_line(place: u64, count: u64);
state_held_paused_here;
state_held_paused_there(name: &str);
state_held_disk_full_here;
state_held_disk_full_there(name: &str);
state_held_folder_here;
state_held_folder_there(name: &str);
state_held_source_away;
state_stopped(why: &str);
state_left_out;
state_partly(saved: u64, total: u64);
state_moved(path: &str);
entry_copy;
entry_copy_text;
entry_copy_files;
entry_save;
entry_save_all;
entry_open;
entry_show;
entry_cancel;
entry_pause;
entry_continue;
entry_sooner;
entry_first;
entry_again;
entry_again_copy;
entry_remove;
copied;
opened_instead;
text_show_all;
text_save;
conversation_empty;
conversation_empty_explain;
picture_of(name: &str);
picture_sized(name: &str, width: u32, height: u32);
picture_animated(name: &str);
picture_loading(name: &str);
picture_broken;
new_messages;
to_newest;
entry_spoken(who: &str, time: &str, what: &str, state: &str);
entry_spoken_plain(who: &str, time: &str, what: &str);

// What a file is
file_pdf;
file_archive;
file_disk_image;
file_program;
file_sound;
file_unseen;
file_film;
file_picture;
file_text;
file_document;
file_table;
file_slides;
file_code;
file_font;
file_book;
file_of(ending: &str);
file_plain;

// Searching
search;
search_hint;
search_all;
search_clear;
search_nothing(text: &str);

// Viewer
viewer_name;
viewer_next;
viewer_previous;
viewer_zoom_in;
viewer_zoom_out;
viewer_fit;
viewer_actual;
viewer_rotate_left;
viewer_rotate_right;
viewer_copy;
viewer_of(index: u64, count: u64);
viewer_close;
viewer_more;
viewer_play;
viewer_pause;
viewer_step_on;
viewer_step_back;
viewer_frame(index: u64, count: u64);
viewer_copy_file;
viewer_open;
viewer_bin;
viewer_binned(name: &str);
viewer_not_binned(name: &str);
viewer_still_to_send(name: &str, to: &str);
viewer_still_on_shelf(name: &str);
viewer_about;
viewer_about_name;
viewer_about_size;
viewer_about_pixels;
viewer_about_kind;
viewer_about_pages;
viewer_first_of(pages: u64);
viewer_about_taken;
viewer_about_camera;
viewer_about_place;
viewer_taken_at(day: &str, time: &str);
viewer_show_place;
viewer_copy_place;
viewer_too_large;
viewer_gone;

// Dropping
drop_send_to(name: &str);
drop_add(name: &str);
drop_add_several(count: u64);
drop_ask_whom;
drop_nobody;
drop_elsewhere;
drop_whom_title(what: &str);
drop_sending(what: &str, name: &str);
drop_waiting(what: &str, name: &str);
drop_unreadable;

// File dialogs
pick_files;
pick_pictures;
pick_folder;
pick_save;
pick_save_all;
pick_into;
pick_filter_pictures;
pick_no_answer;
pick_failed;
pick_busy;
saved_as(name: &str);
saved_all(what: &str, folder: &str);

// Settings
settings;
settings_name;
settings_name_hint;
settings_language;
settings_language_system;
settings_folder;
settings_folder_change;
settings_folder_usual;
settings_theme;
theme_system;
theme_light;
theme_dark;
settings_visibility;
visibility_everyone;
visibility_everyone_explain;
visibility_known;
visibility_known_explain;
visibility_hidden;
visibility_hidden_explain;
settings_known;
settings_motion;
settings_zoom;
settings_fingerprint;
settings_version(version: &str);

// Nobody here
empty_title;
empty_explain;
empty_help;
choose_title;
choose_explain;
starting;

// Notices and toasts
notice_store(path: &str);
notice_store_full;
notice_store_not_writable;
notice_identity;
notice_folder(folder: &str);
notice_shared(name: &str);
notice_discovery;
notice_fonts(advice: &str);
fonts_advice_debian;
fonts_advice_fedora;
fonts_advice_arch;
fonts_advice_other;
notice_dismiss;
engine_ended;
command_failed(why: &str);
too_busy;
strangers_hidden;

// Starting in vain
start_title;
start_not_writable(folder: &str);
start_disk_full(folder: &str);

// Quitting
quit_title;
quit_explain(count: u64);
quit_go;
quit_stay;

// Window title
title_with(name: &str);
title_unread(count: u64, title: &str);

// Comparing
compare_title(name: &str);
compare_explain(name: &str);
compare_waiting(name: &str);
compare_match;
compare_differ;
compare_matched(name: &str);
compare_again;
compare_broke_explain;
compare_asked(name: &str);
compare_asked_explain;
compare_differ_title;
compare_differ_explain;

// Known computers
known_title;
known_empty;
about_met;
about_verified;
about_first_seen(when: &str);
about_last_seen(when: &str);
about_rule;
rule_ask;
rule_accept;
rule_block;
about_rule_explain;
about_folder;
about_key_show;

// Problems, one plain sentence each
problem_computer_gone;
problem_not_reachable;
problem_no_answer;
problem_refused;
problem_disk_full_here;
problem_disk_full_there;
problem_folder_here(folder: &str);
problem_folder_here_unnamed;
problem_folder_there;
problem_source_changed(name: &str);
problem_source_gone(name: &str);
problem_source_unreadable(name: &str);
problem_not_a_file(name: &str);
problem_damaged(name: &str);
problem_keeps_metadata(name: &str);
problem_renditions_full(size: &str);
problem_misbehaved;
problem_incompatible;
problem_nothing;
problem_too_much(limit: u64);
problem_not_found(whom: &str);
problem_not_known(whom: &str);
problem_ambiguous(count: u64);
problem_closed;
problem_not_on_shelf;
problem_shelf_changed;
problem_unsupported;
problem_busy;
problem_queue_full(count: u64);
problem_compare_broke;
problem_compare_closed;
problem_compare_often;
problem_compare_often_there;
problem_nobody_looks;
problem_system(message: &str);
problem_other;

// The command line
cli_ready(name: &str, folder: &str, port: &str);
cli_accept;
cli_compares(name: &str);
cli_code(name: &str, digits: &str);
cli_same;
cli_withdrawn;
cli_from(name: &str, what: &str);
cli_folder(folder: &str);
cli_nobody;
cli_queued(name: &str);
cli_left;
cli_nothing_on_shelf;
cli_receives_already;
cli_receive_in_the_way;
cli_no_display;

// The pictures of a comparison
emoji_name(number: u64);

// Numbers and times
percent(value: &str);
size_bytes(value: &str);
size_kb(value: &str);
size_mb(value: &str);
size_gb(value: &str);
size_tb(value: &str);
per_second(size: &str);
duration_seconds(count: u64);
duration_minutes(count: u64);
duration_minutes_seconds(minutes: u64, seconds: u64);
duration_hours_minutes(hours: u64, minutes: u64);
duration_days(count: u64);
today;
yesterday;
date_this_year(weekday: &str, day: u64, month: &str);
date_other_year(day: u64, month: &str, year: &str);
when_just_now;
when_minutes(count: u64);
when_today(time: &str);
when_yesterday(time: &str);
when_date(date: &str);
weekday(number: u64);
month(number: u64);
list_two(first: &str, second: &str);
list_comma(first: &str, second: &str);}

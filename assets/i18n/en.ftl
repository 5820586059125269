# Fantail, English.
# Sentence case, no final full stop on short lines, "…" when an action asks for more.
# The words: computer (not peer, host, device), nearby, send, ask/accept/decline, saved, verified, shelf.

## Names and general words
app-name = Fantail
cancel = Cancel
close = Close
done = Done
back = Back
undo = Undo
more = More
menu = Menu
this-computer = This computer
and-more = and { $count } more
items = { $count ->
    [one] 1 item
   *[other] { $count } items
}
files = { $count ->
    [one] 1 file
   *[other] { $count } files
}
pictures = { $count ->
    [one] 1 picture
   *[other] { $count } pictures
}
folders = { $count ->
    [one] 1 folder
   *[other] { $count } folders
}
a-message = A message

## Kinds of computers
kind-computer = Computer
kind-phone = Phone
kind-browser = Browser

## The list
nearby = Nearby
seen-before = Seen before
list-reachable = On this network
list-connecting = Connecting…
list-away = Away
list-away-queue = Away · { $count } waiting
list-new = New here
list-waiting = Waiting for an answer
list-asks = Has something for you
list-waits = Wants to send something
list-wants = Asks for something
list-blocked = Blocked
list-sending = Sending { $percent }
list-receiving = Receiving { $percent }
verified = Verified
not-verified = Not compared yet
unread = { $count ->
    [one] 1 new item
   *[other] { $count } new items
}
add-computer = Add a computer…
cant-see = Can’t see one?
own-name = { $name }, this computer
no-name-yet = Starting…
settings-open = Settings…
refresh = Look around again
show-received = Show received files
choose-also = Choose this one too
choose-not = Don’t choose this one

## Adding a computer by address
add-title = Add a computer
add-explain = If a computer doesn’t appear by itself, type its name or address. Its own Fantail shows the address under Settings.
add-field = Name or address
add-hint = for example 192.168.1.20
add-go = Connect
add-looking = Looking for it…
add-nobody = Nobody answered there. Check that Fantail is open on the other computer and that both are on the same network.
add-several = More than one computer answered; choose one from the list

## Help for when a computer is not seen
help-title = Can’t see a computer?
help-open = Fantail must be open on the other computer
help-network = Both must be on the same network: the same Wi-Fi, or the same router
help-guest = Guest and hotel networks often keep computers apart
help-firewall = A firewall may ask whether Fantail may use the network: allow it
help-visible = The other one may be hidden: look in its settings
my-address = This computer’s address is { $address }
no-address = This computer is on no network

## Header of a conversation
header-away = Away
header-seen = Away, last seen { $when }
header-reachable = On this network
header-visible = Nearby, not connected yet
header-blocked = Blocked: nothing from it gets through
header-several = Send to { $count } computers
stranger-note = You haven’t dealt with this computer before
impostor-title = This is not the { $name } you know
impostor-note = Another computer calls itself { $name }. It may have been set up anew, or somebody pretends. Ask the person before you send or accept anything.
search-here = Search in this conversation

## Menu of a computer
menu-compare = Compare…
menu-about = About this computer…
menu-rename = Rename…
menu-ask = Ask before receiving
menu-accept = Always accept
menu-block = Block
menu-unblock = Stop blocking
menu-clear = Clear the conversation…
menu-forget = Forget this computer…
menu-copy-address = Copy its address
menu-copy-fingerprint = Copy its fingerprint
rename-title = Rename { $name }
rename-field = Name shown on this computer
rename-explain = Leave it empty to show the name it gives itself
rename-go = Rename
forget-title = Forget { $name }?
forget-explain = The conversation and what you allowed it are removed here. Files you received stay where they are.
forget-go = Forget
clear-title = Clear the conversation with { $name }?
clear-explain = Files stay where they are; pictures you pasted go, and what waits to be sent is not sent
clear-go = Clear
block-title = Block { $name }?
block-explain = It can’t send you anything any more
block-go = Block

## Asking
ask-gives = { $name } wants to send you { $what }
ask-takes = { $name } wants to take { $what } from your shelf
ask-stranger = You don’t know this computer yet. Accept only if you expect something.
ask-impostor = This is not the { $name } you know
ask-accept = Accept
ask-accept-some = Accept { $count }
ask-decline = Decline
ask-always = Always accept from this computer
ask-block = Block
ask-choose = Take only some…
ask-choose-less = Take all
ask-into = Save in
ask-folder = Choose another folder…
ask-hide = Hide strangers for an hour
ask-more-waiting = { $count ->
    [one] 1 more is waiting
   *[other] { $count } more are waiting
}
ask-take-item = Take { $name }

## First time
first-title = First time: is this the right one?
first-explain = You haven’t sent anything to { $name } before. Ask its owner if you aren’t sure.
first-explain-several = You haven’t sent anything to these before: { $names }
first-send = Send
first-compare = Compare

## Composer
compose-field = Message
compose-hint = Write a message, or drop pictures here
compose-hint-plain = Write a message
compose-hint-away = { $name } is away; what you write is sent later
send = Send
attach = Add something
add-files = Add files…
add-pictures = Add pictures…
add-folder = Add a folder…
remove-chip = Remove { $name }
form-without-metadata = Without location and camera data
form-without-metadata-explain = Copies are sent that don’t say where, when and with what the pictures were taken. They look exactly the same.
form-smaller = Smaller pictures
form-smaller-explain = Copies of at most 2048 pixels on the longer side are sent. Moving pictures go as they are.
chip-keeps = Can’t go without its data
chip-folder-keeps = Folders go as they are
compose-keeps-metadata = { $name } can’t be sent without location and camera data: remove it, or switch that off
pasted-picture = Pasted picture
text-too-long = This message is too long to send as text: save it as a file and send that

## What an entry says about itself
entry-you = You
state-preparing = Getting ready…
state-waiting-for = Waiting for { $name } to answer
state-waiting-here = Waiting for your answer
state-sending = Sending { $percent }
state-receiving = Receiving { $percent }
state-finishing = Being written to disk…
state-progress = { $percent } · { $speed } · { $left } left
state-progress-plain = { $percent } · { $speed }
state-left = { $left } left
state-saved = Saved
state-saved-on = Saved on { $name }
state-already = already there
state-already-here = Already here
state-already-on = Already there: { $name } has it from you
state-without = { $state }, without { $count ->
    [one] 1 file
   *[other] { $count } files
}
state-delivered = Delivered
state-declined-by = { $name } declined
state-declined-here = You declined
state-cancelled-here = You cancelled it
state-cancelled-there = { $name } cancelled it
state-held-away = Stopped, will go on when { $name } is back
state-held-queued = Will be sent when { $name } is back
state-held-turn = Waits for its turn
state-in-line = { $place } of { $count }
state-held-paused-here = Paused
state-held-paused-there = Paused by { $name }
state-held-disk-full-here = This computer’s disk is full; it goes on when there is room
state-held-disk-full-there = The disk of { $name } is full; it goes on when there is room
state-held-folder-here = Nothing can be saved into the folder for received files; it goes on when that works again
state-held-folder-there = { $name } can’t save into its folder; it goes on when that works again
state-held-source-away = What is to be sent isn’t there now; it goes on when its disk or folder is back
state-stopped = Stopped: { $why }
state-left-out = Left out
state-partly = { $saved } of { $total } saved
state-moved = The file was moved or deleted; it was at { $path }
entry-copy = Copy
entry-copy-text = Copy text
entry-copy-files = Copy files
entry-save = Save as…
entry-save-all = Save all…
entry-open = Open
entry-show = Show in folder
entry-cancel = Cancel
entry-pause = Pause
entry-continue = Continue
entry-sooner = Send earlier
entry-first = Send first
entry-again = Send again
entry-again-copy = Send again as a copy
entry-remove = Remove from the conversation
copied = Copied
opened-instead = It could run as a program, so it is shown in its folder instead
text-show-all = Show all of it
text-save = Save as a file…
conversation-empty = Nothing here yet
conversation-empty-explain = Write something, or drop pictures and files here
picture-of = Picture { $name }
picture-sized = Picture { $name }, { $width } by { $height }
picture-animated = Moving picture { $name }
picture-loading = { $name }, being loaded
picture-broken = This picture can’t be shown
new-messages = New
to-newest = To the newest
entry-spoken = { $who }, { $time }: { $what }. { $state }
entry-spoken-plain = { $who }, { $time }: { $what }

## What a file is
file-unseen = this computer can’t show what is inside
file-pdf = PDF document
file-archive = Archive
file-disk-image = Disk image
file-program = Program
file-sound = Sound
file-film = Film
file-picture = Picture
file-text = Text
file-document = Document
file-table = Spreadsheet
file-slides = Presentation
file-code = Source code
file-font = Font
file-book = Book
file-of = { $ending } file
file-plain = File

## Searching
search = Search
search-hint = Search messages and names
search-all = Search everywhere
search-clear = Clear the search
search-nothing = Nothing found for “{ $text }”

## Viewer
viewer-name = Picture viewer
viewer-next = Next
viewer-previous = Previous
viewer-zoom-in = Zoom in
viewer-zoom-out = Zoom out
viewer-fit = Fit to window
viewer-actual = Actual size
viewer-rotate-left = Rotate left
viewer-rotate-right = Rotate right
viewer-copy = Copy picture
viewer-of = { $index } of { $count }
viewer-close = Close the viewer
viewer-more = More
viewer-play = Play
viewer-pause = Pause
viewer-step-on = Next frame
viewer-step-back = Previous frame
viewer-frame = Frame { $index } of { $count }
viewer-copy-file = Copy file
viewer-open = Open with another program
viewer-bin = Move to the bin
viewer-binned = Moved { $name } to the bin
viewer-not-binned = { $name } can’t be moved to a bin, so it stays where it is
viewer-still-to-send = { $name } is still to be sent to { $to }, so it stays where it is
viewer-still-on-shelf = { $name } is on your shelf, so it stays where it is
viewer-about = Details
viewer-about-name = Name
viewer-about-size = File size
viewer-about-pixels = Dimensions
viewer-about-kind = Type
viewer-about-pages = Pages
viewer-first-of = The first of { $pages }
viewer-about-taken = Taken
viewer-about-camera = Camera
viewer-about-place = Place
viewer-taken-at = { $day }, { $time }
viewer-show-place = Show place
viewer-copy-place = Copy place
viewer-too-large = This picture is too large to be shown here
viewer-gone = This file was moved or deleted

## Dropping
drop-send-to = Send to { $name }
drop-add = Add to the message to { $name }
drop-add-several = Add to the message to { $count ->
    [one] 1 computer
   *[other] { $count } computers
}
drop-ask-whom = Let go to choose who gets it
drop-nobody = There is nobody to send to yet
drop-elsewhere = Letting go here does nothing
drop-whom-title = Send { $what } to
drop-sending = Sending { $what } to { $name }
drop-waiting = { $what } will be sent when { $name } is back
drop-unreadable = Nothing could be read of what was dropped

## File dialogs
pick-files = Choose files to send
pick-pictures = Choose pictures to send
pick-folder = Choose a folder to send
pick-save = Save as
pick-save-all = Choose where to save them
pick-into = Choose the folder for received files
pick-filter-pictures = Pictures
pick-no-answer = No answer from the system’s file dialog. You can also drop files here or paste them.
pick-failed = The system’s file dialog could not be opened. You can also drop files here or paste them.
pick-busy = A file dialog is already open
saved-as = Saved as { $name }
saved-all = { $what } saved in { $folder }

## Settings
settings = Settings
settings-name = Name of this computer
settings-name-hint = Others see it under this name
settings-language = Language
settings-language-system = As the system
settings-folder = Received files go to
settings-folder-change = Change…
settings-folder-usual = Use the usual folder
settings-theme = Appearance
theme-system = As the system
theme-light = Light
theme-dark = Dark
settings-visibility = Who can see this computer
visibility-everyone = Everyone
visibility-everyone-explain = Everybody on this network sees this computer
visibility-known = Known only
visibility-known-explain = Only computers you verified or gave a rule see it
visibility-hidden = Hidden
visibility-hidden-explain = Nobody sees it; you can still send. Somebody who searches the network can find that the port is open.
settings-known = Known computers…
settings-motion = Reduce motion
settings-zoom = Size of everything
settings-fingerprint = Fingerprint
settings-version = Version { $version }

## Nobody here
empty-title = Nobody here yet
empty-explain = Open Fantail on another computer on this network; it appears here by itself
empty-help = What can I do?
choose-title = Choose a computer
choose-explain = Or drop pictures and files onto one in the list
starting = Starting…

## Notices and toasts
notice-store = The saved conversations could not be read: they were set aside at { $path }, and new ones begin
notice-store-full = This computer’s disk is full, so Fantail can’t keep note of anything: make room, and it goes on
notice-store-not-writable = Fantail can’t write into its own folder, so it can’t keep note of anything: check that its disk works and isn’t write-protected, and it goes on
notice-identity = This copy came from another computer, so it was given an identity of its own; others will see it as new
notice-folder = Nothing can be saved into { $folder }: choose another folder in the settings
notice-shared = { $name } answers from two places with one identity: a copied disk?
notice-discovery = Finding computers by itself doesn’t work right now; adding one by its address does
notice-fonts = No font with Chinese characters is installed, so they show as boxes. { $advice }
fonts-advice-debian = Install the package fonts-noto-cjk.
fonts-advice-fedora = Install the package google-noto-sans-cjk-fonts.
fonts-advice-arch = Install the package noto-fonts-cjk.
fonts-advice-other = Install the Noto Sans CJK fonts.
notice-dismiss = Dismiss
engine-ended = Fantail’s background part has stopped. Close the window and open it again.
command-failed = That didn’t work: { $why }
too-busy = Too much at once; a moment later it works
strangers-hidden = Strangers are hidden for an hour

## Quitting
start-title = Fantail can’t start
start-not-writable = Fantail can’t write into its own folder { $folder }; check that the disk isn’t write-protected and that you may change things there, then start it again
start-disk-full = The disk of Fantail’s own folder { $folder } is full; make room, then start it again

quit-title = Quit while things are moving?
quit-explain = { $count ->
    [one] 1 transfer stops
   *[other] { $count } transfers stop
} when the window closes
quit-go = Quit
quit-stay = Keep going

## Window title
title-with = { $name } – Fantail
title-unread = ({ $count }) { $title }

## Comparing
compare-title = Compare with { $name }
compare-explain = Look at the screen of { $name }: if nobody stands between, it shows the same four pictures and six digits.
compare-waiting = Waiting for { $name }…
compare-match = They match
compare-differ = They differ
compare-matched = { $name } is verified now
compare-again = Try again
compare-broke-explain = Somebody who stands between could do this on purpose. Should it happen again, compare on another network.
compare-asked = { $name } wants to compare
compare-asked-explain = Its screen shows the same if nobody stands between
compare-differ-title = The codes differ
compare-differ-explain = This may be another computer than the one you think, or somebody stands between. Send nothing to it and accept nothing from it. Ask the person next to you, and try again on a network you trust.

## Known computers
known-title = Known computers
known-empty = Computers that you deal with are listed here
about-met = Only met, not compared yet
about-verified = Verified by comparing
about-first-seen = First seen { $when }
about-last-seen = Last seen { $when }
about-rule = When it sends something
rule-ask = Ask
rule-accept = Always accept
rule-block = Block
about-rule-explain = Compare first to accept without asking
about-folder = What it sends goes to
about-key-show = Show its fingerprint

## Problems, one plain sentence each
problem-computer-gone = the connection to the other computer was lost
problem-not-reachable = the other computer can’t be reached right now
problem-no-answer = nobody answered in time
problem-refused = the other computer doesn’t take anything from here
problem-disk-full-here = this computer’s disk is full
problem-disk-full-there = the other computer’s disk is full
problem-folder-here = nothing can be saved into the folder { $folder }
problem-folder-here-unnamed = nothing can be saved into the folder for received files
problem-folder-there = the other computer can’t save into its folder
problem-source-changed = { $name } changed while it was being sent
problem-source-gone = { $name } was moved or deleted before it was sent
problem-source-unreadable = { $name } can’t be read
problem-not-a-file = shortcuts (links) and the like aren’t sent: { $name }
problem-damaged = { $name } arrived damaged and was not kept
problem-keeps-metadata = { $name } can’t be sent without location and camera data
problem-renditions-full = the pictures that wait to be sent take more than { $size }; send these later, or as they are
problem-misbehaved = the other computer’s program broke the rules
problem-incompatible = the two versions of Fantail don’t understand each other: update the older one
problem-nothing = there was nothing to send
problem-too-much = that is more than fits into one go (at most { $limit })
problem-not-found = nobody called { $whom } was found
problem-not-known = no known computer is called { $whom }; --new means others too
problem-ambiguous = the name means { $count } computers
problem-closed = Fantail was closed while it was under way
problem-not-on-shelf = it isn’t on the shelf any more
problem-shelf-changed = the shelf changed meanwhile; look at it again
problem-unsupported = the other computer’s program can’t do that
problem-queue-full = { $count } things are waiting to be sent already; cancel some, or send a folder
problem-busy = too much is going on right now; try again in a moment
problem-compare-broke = the comparison broke off before there was a code
problem-compare-closed = the comparison was closed on the other screen
problem-compare-often = you compared with it three times within an hour, which is enough for now
problem-compare-often-there = the other computer was compared with three times within an hour, which is enough for now
problem-nobody-looks = no window of Fantail is open on the other computer
problem-system = { $message }
problem-other = something went wrong

## The pictures of a comparison, by their number
emoji-name = { $number ->
    [0] Dog
    [1] Cat
    [2] Elephant
    [3] Turtle
    [4] Octopus
    [5] Butterfly
    [6] Penguin
    [7] Fish
    [8] Bee
    [9] Rooster
    [10] Snail
    [11] Snake
    [12] Frog
    [13] Pig
    [14] Camel
    [15] Crab
    [16] Cactus
    [17] Fir tree
    [18] Sunflower
    [19] Mushroom
    [20] Apple
    [21] Banana
    [22] Grapes
    [23] Cherries
    [24] Pineapple
    [25] Carrot
    [26] Pizza
    [27] Doughnut
    [28] Cake
    [29] Ice cream
    [30] Rainbow
    [31] Moon
    [32] Star
    [33] Fire
    [34] Lightning
    [35] Snowman
    [36] Earth
    [37] Volcano
    [38] Key
    [39] Bell
    [40] Light bulb
    [41] Hammer
    [42] Book
    [43] Gift
    [44] Balloon
    [45] Umbrella
    [46] Hourglass
    [47] Alarm clock
    [48] Camera
    [49] Headphones
    [50] Guitar
    [51] Drum
    [52] Anchor
    [53] Car
    [54] Bicycle
    [55] Train
    [56] Sailing boat
    [57] Rocket
    [58] House
    [59] Football
    [60] Trophy
    [61] Crown
    [62] Glasses
   *[other] Robot
}

## Numbers and times
percent = { $value } %
size-bytes = { $value } B
size-kb = { $value } KB
size-mb = { $value } MB
size-gb = { $value } GB
size-tb = { $value } TB
per-second = { $size }/s
duration-seconds = { $count } s
duration-minutes = { $count } min
duration-minutes-seconds = { $minutes } min { $seconds } s
duration-hours-minutes = { $hours } h { $minutes } min
duration-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}
today = Today
yesterday = Yesterday
date-this-year = { $weekday }, { $day } { $month }
date-other-year = { $day } { $month } { $year }
when-just-now = just now
when-minutes = { $count } min ago
when-today = today at { $time }
when-yesterday = yesterday at { $time }
when-date = on { $date }
weekday = { $number ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[7] Sunday
}
month = { $number ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
list-two = { $first } and { $second }
list-comma = { $first }, { $second }

## The command line
cli-ready = { $name } receives into { $folder } (port { $port }); Ctrl+C stops
cli-accept = Accept? y/n
cli-compares = { $name } wants to compare: the other screen must show the same
cli-code = { $name }: { $digits }
cli-same = The same on both screens? y/n
cli-withdrawn = It isn’t offered any more
cli-from = From { $name }: { $what }
cli-folder = Nothing can be saved into { $folder }: choose another folder with --into
cli-queued = Kept until { $name } is back; a window or fantail receive on this computer sends it then
cli-left = Stopped here; it goes on while a window or fantail receive runs on this computer
cli-nobody = Nobody here yet: open Fantail on another computer on this network, or run fantail receive there
cli-nothing-on-shelf = Nothing is put out for this computer
cli-receives-already = A window or another fantail receive with the same home is running, and receives already
cli-receive-in-the-way = fantail receive is running with the same home; stop it to open the window
cli-no-display = There is no display to open a window on; without one Fantail works on the command line: fantail --help

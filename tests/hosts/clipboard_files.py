#!/usr/bin/python3
"""Files on the clipboard, in all the forms a file manager (GTK) offers them in: clipboard_files.py PATH…"""
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk

paths = sys.argv[1:]
uris = [GLib.filename_to_uri(path) for path in paths]
forms = {
    "x-special/gnome-copied-files": "\n".join(["copy", *uris]),
    "text/uri-list": "".join(uri + "\r\n" for uri in uris),
    "text/plain;charset=utf-8": "\n".join(paths),
    "UTF8_STRING": "\n".join(paths),
}
clipboard = Gdk.Atom.intern("CLIPBOARD", False)


def give(_window, data, _info, _time):
    data.set(data.get_target(), 8, forms[data.get_target().name()].encode())


window = Gtk.Invisible()
for form in forms:
    Gtk.selection_add_target(window, clipboard, Gdk.Atom.intern(form, False), 0)
window.connect("selection-get", give)
window.show()
if not Gtk.selection_owner_set(window, clipboard, Gdk.CURRENT_TIME):
    sys.exit("the clipboard can't be had")
GLib.idle_add(lambda: print("ready", flush=True))
Gtk.main()

#!/usr/bin/python3
"""A window of another program (GTK) from which files can be dragged: drag_source.py X Y PATH…"""
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk

x, y, paths = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
uris = [GLib.filename_to_uri(path) for path in paths]

window = Gtk.Window(title="Files")
window.set_default_size(160, 120)
window.set_decorated(False)
box = Gtk.EventBox()
box.add(Gtk.Label(label="\n".join(path.rsplit("/", 1)[-1] for path in paths)))
box.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
box.drag_source_add_uri_targets()
box.connect("drag-data-get", lambda _box, _context, data, _info, _time: data.set_uris(uris))
window.add(box)
window.move(x, y)
window.connect("destroy", Gtk.main_quit)
window.show_all()
window.move(x, y)
GLib.idle_add(lambda: print("ready", flush=True))
Gtk.main()

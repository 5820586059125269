#!/usr/bin/python3
"""Prints what an assistive tool sees of every program on this desktop: one JSON object a line.

Also switches accessibility on for the session, as a screen reader does when it starts.
"""
import json
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, Gio, GLib

MAX_NODES = 5000


def switch_on():
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    bus.call_sync(
        "org.a11y.Bus", "/org/a11y/bus", "org.freedesktop.DBus.Properties", "Set",
        GLib.Variant("(ssv)", ("org.a11y.Status", "IsEnabled", GLib.Variant("b", True))),
        None, Gio.DBusCallFlags.NONE, 5000)


def nodes(node, left):
    if node is None or left[0] == 0:
        return
    left[0] -= 1
    try:
        line = {"role": node.get_role_name(), "name": node.get_name() or ""}
        line["focused"] = node.get_state_set().contains(Atspi.StateType.FOCUSED)
        children = node.get_child_count()
    except GLib.Error:
        # It has gone meanwhile.
        return
    try:
        box = node.get_extents(Atspi.CoordType.SCREEN)
        line["box"] = [box.x, box.y, box.width, box.height]
    except GLib.Error:
        pass
    try:
        text = node.get_text_iface()
        if text:
            line["text"] = Atspi.Text.get_text(text, 0, -1)
    except GLib.Error:
        pass
    print(json.dumps(line))
    for index in range(children):
        try:
            child = node.get_child_at_index(index)
        except GLib.Error:
            continue
        nodes(child, left)


if sys.argv[1:] == ["switch-on"]:
    switch_on()
else:
    Atspi.init()
    desktop = Atspi.get_desktop(0)
    for index in range(desktop.get_child_count()):
        nodes(desktop.get_child_at_index(index), [MAX_NODES])

"""What other people's decoders make of a picture: Pillow, djxl and rsvg-convert, and as a second opinion ImageMagick.

Reads lines "WHO WIDTH HEIGHT PATH": WHO is "first" or "second", the size is what was made here (drawings are made in it, an
icon of it is chosen). Answers each with a line "WIDTH HEIGHT" and as many pixels of RGBA (sRGB, upright, alpha not
multiplied in), or with "- reason".
"""

import io
import os
import resource
import subprocess
import sys
import warnings

from PIL import Image, ImageCms, ImageOps

# One picture at a time, and none makes this process or one that it starts larger than that; nor longer at work.
BYTES = 1536 << 20
PIXELS = 64 << 20
SECONDS = 20

resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
warnings.simplefilter("ignore")
Image.MAX_IMAGE_PIXELS = None
SRGB = ImageCms.createProfile("sRGB")
MAGICK = ["convert", "-limit", "memory", "1GiB", "-limit", "map", "0", "-limit", "disk", "0", "-limit", "thread", "1"]


class Refused(Exception):
    pass


def said_by(*command, given=None):
    # Of other programs' output more than the largest picture is not taken.
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS)
    if done.returncode != 0:
        raise Refused(command[0])
    return done.stdout


def opened(data):
    image = Image.open(data)
    if image.size[0] * image.size[1] > PIXELS:
        raise Refused("large")
    return image


def first(width, height, path):
    if path.endswith(".jxl"):
        image = opened(io.BytesIO(jxl(path)))
    elif path.endswith((".svg", ".svgz")):
        image = opened(io.BytesIO(said_by("rsvg-convert", "-w", str(width), "-h", str(height), path)))
    else:
        image = opened(path)
    if image.format == "ICO" and (width, height) in image.ico.sizes():
        image = image.ico.getimage((width, height))
    image.load()
    return in_srgb(image)


def in_srgb(image):
    icc = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.mode == "F":
        raise Refused("light without bounds")
    if icc and image.mode in ("RGB", "RGBA", "L", "P"):
        straight = image.convert("RGBA") if image.mode in ("P", "RGBA") else image
        alpha = straight.getchannel("A") if straight.mode == "RGBA" else None
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            colours = straight if straight.mode == "L" else straight.convert("RGB")
            image = ImageCms.profileToProfile(colours, profile, SRGB, outputMode="RGB")
            if alpha:
                image.putalpha(alpha)
        except ImageCms.PyCMSError:
            pass
    return image.convert("RGBA")


def jxl(path):
    made = f"/dev/shm/fantail-reference-{os.getpid()}.png"
    try:
        said_by("djxl", path, made)
        with open(made, "rb") as file:
            return file.read()
    finally:
        if os.path.exists(made):
            os.remove(made)


def second(width, height, path):
    # Its guess by the name's ending is right; what begins with a dash or has a colon in it isn't there.
    made = said_by(*MAGICK, path + "[0]", "-auto-orient", "-colorspace", "sRGB", "-depth", "8", "pam:-")
    image = pam(made)
    return image


def pam(data):
    header, pixels = data.split(b"ENDHDR\n", 1)
    fields = dict(line.split(b" ", 1) for line in header.split(b"\n")[1:] if b" " in line)
    size = (int(fields[b"WIDTH"]), int(fields[b"HEIGHT"]))
    mode = {b"1": "L", b"2": "LA", b"3": "RGB", b"4": "RGBA"}[fields[b"DEPTH"]]
    if fields[b"MAXVAL"] == b"1":
        pixels = bytes(value * 255 for value in pixels)
    if size[0] * size[1] > PIXELS:
        raise Refused("large")
    return Image.frombytes(mode, size, pixels).convert("RGBA")


for line in sys.stdin:
    who, width, height, path = line.rstrip("\n").split(" ", 3)
    try:
        image = {"first": first, "second": second}[who](int(width), int(height), path)
        answer = b"%d %d\n" % image.size
        pixels = image.tobytes()
    except Exception as error:  # whatever it is, this file has no reference
        answer, pixels = b"- %s\n" % type(error).__name__.encode(), b""
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.write(pixels)
    sys.stdout.buffer.flush()
    image = pixels = None

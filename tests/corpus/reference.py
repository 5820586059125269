"""What other people's decoders make of a picture: Pillow, and for its gaps djxl and rsvg-convert.

Reads lines "WIDTH HEIGHT PATH" (the size is what was made here; only drawings are made in it) and answers each with a line
"WIDTH HEIGHT" and as many pixels of RGBA (sRGB, upright, alpha not multiplied in), or with "- reason".
"""

import io
import subprocess
import sys
import warnings

from PIL import Image, ImageCms, ImageOps

warnings.simplefilter("ignore")
Image.MAX_IMAGE_PIXELS = None
SRGB = ImageCms.createProfile("sRGB")


def made_by(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
    if done.returncode != 0:
        raise ValueError(command[0])
    return Image.open(io.BytesIO(done.stdout))


def reference(width, height, path):
    if path.endswith(".jxl"):
        subprocess.run(["djxl", path, "/dev/shm/fantail-reference.png"], check=True, capture_output=True, timeout=60)
        image = Image.open("/dev/shm/fantail-reference.png")
    elif path.endswith((".svg", ".svgz")):
        image = made_by("rsvg-convert", "-w", width, "-h", height, path)
    else:
        image = Image.open(path)
    image.load()
    icc = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.mode == "F":
        raise ValueError("light without bounds")
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


for line in sys.stdin:
    width, height, path = line.rstrip("\n").split(" ", 2)
    try:
        image = reference(width, height, path)
        pixels = image.tobytes()
        answer = b"%d %d\n" % image.size
    except Exception as error:  # whatever it is, this file has no reference
        answer, pixels = b"- %s\n" % type(error).__name__.encode(), b""
    sys.stdout.buffer.write(answer + pixels)
    sys.stdout.buffer.flush()

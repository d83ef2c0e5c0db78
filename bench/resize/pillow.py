"""Pillow as a function in Python would use it: one image opened, copied and scaled for each size.

Reads the path of a picture from each line of stdin, does the work once and answers with this
process's CPU time, user and system, in ms.
"""

import io
import sys
import time

from PIL import Image, __version__

SIZES = ((150, 150), (400, 400), (800, 800))
held = {}


def thumbnails(data):
    image = Image.open(io.BytesIO(data))
    for size in SIZES:
        thumb = image.copy()
        thumb.thumbnail(size, Image.LANCZOS)
        thumb.save(io.BytesIO(), format="JPEG", quality=85, optimize=True)


print(__version__, flush=True)
for line in sys.stdin:
    path = line.rstrip("\n")
    if path not in held:
        with open(path, "rb") as file:
            held[path] = file.read()
    thumbnails(held[path])
    print(time.process_time() * 1000, flush=True)

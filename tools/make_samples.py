#!/usr/bin/env python3
"""Write the photographs of assets/samples from the PyPI packages scikit-image and matplotlib.

All are in the public domain or CC0; assets/samples/README.md says where each comes from.
The same package versions give the same bytes.
"""

from pathlib import Path

import matplotlib
import skimage
from PIL import Image

SAMPLES = Path(__file__).resolve().parent.parent / "assets" / "samples"
SCIKIT_IMAGE = Path(skimage.__file__).parent / "data"
MATPLOTLIB = Path(matplotlib.__file__).parent / "mpl-data" / "sample_data"
GREY = (128, 128, 128)
HEAD = (80, 0, 400, 320)
"""Left, upper, right, lower: head and shoulders in both portraits."""


def save(image, name):
    image.convert("RGB").save(SAMPLES / name, quality=92, subsampling=0)
    print(f"{name}: {image.width}x{image.height}")


def side_by_side(left, right, height):
    """Two square images of one height on one 640x480 camera-like frame."""
    frame = Image.new("RGB", (640, 480), GREY)
    for image, centre in ((left, 160), (right, 480)):
        frame.paste(image.resize((height, height), Image.LANCZOS), (centre - height // 2, (480 - height) // 2))
    return frame


def main():
    SAMPLES.mkdir(parents=True, exist_ok=True)
    astronaut = Image.open(SCIKIT_IMAGE / "astronaut.png").convert("RGB")
    hopper = Image.open(MATPLOTLIB / "grace_hopper.jpg").convert("RGB")
    save(astronaut, "astronaut.jpg")
    save(hopper, "grace_hopper.jpg")
    save(astronaut.rotate(30, Image.BICUBIC, fillcolor=GREY), "astronaut_rolled.jpg")
    save(side_by_side(astronaut.crop(HEAD), hopper.crop(HEAD), 320), "two_faces.jpg")
    for name in ("chelsea.png", "coffee.png"):
        save(Image.open(SCIKIT_IMAGE / name), f"{Path(name).stem}.jpg")


if __name__ == "__main__":
    main()

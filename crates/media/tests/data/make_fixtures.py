#!/usr/bin/env python3
"""Writes the image fixtures of the media crate.

    pip install pillow==12.0.0        # from PyPI
    python3 crates/media/tests/data/make_fixtures.py

golden/  one picture in every form that is accepted: 48 x 32 pixels, the quadrants red (top left),
         green (top right), blue (bottom left) and light grey (bottom right). A part of the name
         in brackets is read by the test: [grey], [alpha] (the blue quadrant is transparent).
bad/     files that must be refused; `expected.txt` beside them holds each message. Those named
         fuzz_* were found by fuzzing and are not written here.
"""
import io
import struct
import zlib
from pathlib import Path

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

HERE = Path(__file__).parent
GOLDEN, BAD = HERE / "golden", HERE / "bad"
RED, GREEN, BLUE, LIGHT = (220, 30, 30), (30, 200, 30), (30, 30, 220), (200, 200, 200)


def picture(width=48, height=32):
    image = Image.new("RGB", (width, height), LIGHT)
    half = (width // 2, height // 2)
    image.paste(RED, (0, 0, half[0], half[1]))
    image.paste(GREEN, (half[0], 0, width, half[1]))
    image.paste(BLUE, (0, half[1], half[0], height))
    return image


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def golden(name, data):
    (GOLDEN / name).write_bytes(data)


def bad(name, data):
    (BAD / name).write_bytes(data)


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png(width, height, depth, colour, rows, interlace=0, extra=b""):
    """A PNG from its raw, unfiltered scan lines."""
    raw = b"".join(b"\0" + row for row in rows)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return (SIGNATURE + chunk(b"IHDR", header) + extra
            + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def adam7(image):
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = []
    for left, top, step_x, step_y in passes:
        for y in range(top, image.height, step_y):
            rows.append(b"".join(bytes(image.getpixel((x, y))) for x in range(left, image.width, step_x)))
    return png(image.width, image.height, 8, 2, rows, interlace=1)


def samples16(image, channels):
    """Rows of 16-bit samples whose high byte is the 8-bit value and whose low byte is noise."""
    rows = []
    for y in range(image.height):
        row = b""
        for x in range(image.width):
            pixel = image.getpixel((x, y))
            pixel = pixel if isinstance(pixel, tuple) else (pixel,)
            row += b"".join(bytes([v, (x * 37 + y * 11) % 256]) for v in pixel[:channels])
        rows.append(row)
    return rows


def segment_at(data, marker):
    """Offset of the first JPEG segment with this marker."""
    at = 2
    while data[at + 1] != marker:
        at += 2 + struct.unpack(">H", data[at + 2:at + 4])[0]
    return at


def patched(data, at, new):
    return data[:at] + new + data[at + len(new):]


def bmp(width, height, bits, compression, body, palette=b"", height_sign=1):
    offset = 14 + 40 + len(palette)
    info = struct.pack("<IiiHHIIiiII", 40, width, height * height_sign, 1, bits, compression, len(body), 2835, 2835,
                       len(palette) // 4, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset) + info + palette + body


def rle8(image):
    """Run-length BMP of a palette image, bottom row first."""
    body = b""
    for y in reversed(range(image.height)):
        x = 0
        while x < image.width:
            value, run = image.getpixel((x, y)), 1
            while x + run < image.width and run < 255 and image.getpixel((x + run, y)) == value:
                run += 1
            body += bytes([run, value])
            x += run
        body += b"\0\0"
    palette = image.getpalette()
    entries = b"".join(bytes([palette[i + 2], palette[i + 1], palette[i], 0]) for i in range(0, len(palette), 3))
    return bmp(image.width, image.height, 8, 1, body + b"\0\1", entries)


def exif_bytes(orientation=1):
    tags = Image.Exif()
    tags[0x010F] = "Lifesign"
    tags[0x0110] = "Test Camera 1"
    tags[0x0131] = "make_fixtures"
    tags[0x0132] = "2024:05:06 07:08:09"
    tags[0x010E] = "four quadrants"
    tags[0x0112] = orientation
    detail = tags.get_ifd(0x8769)
    detail[0x829A] = IFDRational(1, 125)
    detail[0x829D] = IFDRational(18, 10)
    detail[0x8827] = 200
    detail[0x9003] = "2024:05:06 07:08:09"
    detail[0x920A] = IFDRational(43, 10)
    detail[0xA405] = 26
    detail[0xA300] = b"\x03"
    detail[0x9286] = b"ASCII\0\0\0made by a script"
    place = tags.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (1.0, 2.0, 3.0), "E", (4.0, 5.0, 6.0)
    return tags


def good_files():
    image = picture()
    grey = image.convert("L")
    alpha = image.convert("RGBA")
    alpha.paste((30, 30, 220, 0), (0, 16, 24, 32))
    fine = dict(quality=92, subsampling=0)

    golden("baseline_444.jpg", encoded(image, "JPEG", **fine))
    golden("baseline_422.jpg", encoded(image, "JPEG", quality=92, subsampling=1))
    golden("baseline_420.jpg", encoded(image, "JPEG", quality=92, subsampling=2))
    golden("baseline_411.jpg", encoded(image, "JPEG", quality=92, subsampling="4:1:1"))
    golden("odd_size_420.jpg", encoded(picture(47, 33), "JPEG", quality=92, subsampling=2))
    golden("progressive_444.jpg", encoded(image, "JPEG", progressive=True, **fine))
    golden("progressive_420.jpg", encoded(image, "JPEG", progressive=True, quality=92))
    golden("restart_markers.jpg", encoded(image, "JPEG", restart_marker_blocks=2, **fine))
    golden("rgb_stored.jpg", encoded(image, "JPEG", keep_rgb=True, **fine))
    golden("[grey].jpg", encoded(grey, "JPEG", quality=92))
    golden("[grey]_progressive.jpg", encoded(grey, "JPEG", quality=92, progressive=True))
    golden("bytes_after_the_end.jpg", encoded(image, "JPEG", **fine) + b"vendor data")
    cmyk = image.convert("CMYK")
    golden("cmyk.jpg", encoded(cmyk, "JPEG", **fine))
    golden("cmyk_progressive.jpg", encoded(cmyk, "JPEG", progressive=True, **fine))
    # YCCK: the same planes a CMYK encoder would transform, marked by Adobe's transform flag 2.
    planes = Image.merge("RGB", cmyk.split()[:3]).convert("YCbCr").split()
    ycck = Image.merge("CMYK", [p.point(lambda v: 255 - v) for p in planes] + [cmyk.split()[3]])
    data = encoded(ycck, "JPEG", **fine)
    data = patched(data, segment_at(data, 0xEE) + 15, b"\x02")
    check = Image.open(io.BytesIO(data)).convert("RGB").getpixel((5, 5))
    assert max(abs(a - b) for a, b in zip(check, RED)) < 8, check
    golden("ycck.jpg", data)
    for value in range(1, 9):
        turn = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
        # The stored picture is what the tag's transformation turns upright.
        stored = image.transpose(turn[value]) if value > 1 else image
        golden(f"orientation_{value}.jpg", encoded(stored, "JPEG", exif=exif_bytes(value), **fine))
    golden("exif_orientation_6.png", encoded(image.transpose(2), "PNG", exif=exif_bytes(6)))
    golden("exif_orientation_6.webp", encoded(image.transpose(2), "WEBP", exif=exif_bytes(6), lossless=True))
    broken = b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x01"
    golden("exif_broken.jpg", encoded(image, "JPEG", exif=broken, **fine))

    golden("rgb8.png", encoded(image, "PNG"))
    golden("[grey]8.png", encoded(grey, "PNG"))
    golden("palette.png", encoded(image.convert("P", palette=Image.Palette.ADAPTIVE), "PNG"))
    golden("[alpha]_8.png", encoded(alpha, "PNG"))
    golden("[grey]16.png", png(48, 32, 16, 0, samples16(grey, 1)))
    golden("rgb16.png", png(48, 32, 16, 2, samples16(image, 3)))
    golden("[alpha]_16.png", png(48, 32, 16, 6, samples16(alpha, 4)))
    golden("interlaced.png", adam7(image))
    palette = b"".join(bytes(c) for c in (RED, GREEN, BLUE, LIGHT))
    index = {RED: 0, GREEN: 1, BLUE: 2, LIGHT: 3}
    rows = []
    for y in range(32):
        pixels = [index[image.getpixel((x, y))] for x in range(48)]
        rows.append(bytes(pixels[i] << 6 | pixels[i + 1] << 4 | pixels[i + 2] << 2 | pixels[i + 3]
                          for i in range(0, 48, 4)))
    golden("palette_2bit_[alpha].png", png(48, 32, 2, 3, rows, extra=chunk(b"PLTE", palette) + chunk(b"tRNS", b"\xff\xff\0")))
    other = Image.new("RGB", image.size, (0, 0, 0))
    animation = dict(save_all=True, append_images=[other], duration=100)
    golden("animated.png", encoded(image, "PNG", **animation))

    golden("lossy.webp", encoded(image, "WEBP", quality=95))
    golden("lossless.webp", encoded(image, "WEBP", lossless=True))
    golden("[alpha]_lossless.webp", encoded(alpha, "WEBP", lossless=True, exact=True))
    golden("[alpha]_lossy.webp", encoded(alpha, "WEBP", quality=95))
    golden("animated.webp", encoded(image, "WEBP", lossless=True, **animation))

    golden("rgb24.bmp", encoded(image, "BMP"))
    golden("[grey]8.bmp", encoded(grey, "BMP"))
    small = image.quantize(4)
    golden("rle8.bmp", rle8(small))
    top_down = b"".join(bytes(v for x in range(48) for v in reversed(image.getpixel((x, y)))) for y in range(32))
    golden("top_down.bmp", bmp(48, 32, 24, 0, top_down, height_sign=-1))


def bad_files():
    image = picture()
    jpeg = encoded(image, "JPEG", quality=92, subsampling=0)
    progressive = encoded(image, "JPEG", quality=92, progressive=True)
    frame = segment_at(jpeg, 0xC0)
    scan = segment_at(jpeg, 0xDA)
    bad("empty.jpg", b"")
    bad("cut_in_half.jpg", jpeg[:len(jpeg) // 2])
    bad("cut_in_the_header.jpg", jpeg[:frame + 6])
    bad("cut_in_the_last_scan.jpg", progressive[:-40])
    bad("end_marker_missing.jpg", jpeg[:-2])
    bad("cut_but_ended.jpg", jpeg[:scan + 60] + b"\xff\xd9")
    bad("no_scan.jpg", jpeg[:scan] + b"\xff\xd9")
    bad("no_frame_header.jpg", jpeg[:frame] + jpeg[scan:])
    bad("two_frame_headers.jpg", jpeg[:scan] + jpeg[frame:])
    bad("no_huffman_tables.jpg", without(jpeg, 0xC4))
    bad("no_quantisation_tables.jpg", without(jpeg, 0xDB))
    bad("claims_65500_a_side.jpg", patched(jpeg, frame + 5, struct.pack(">HH", 65500, 65500)))
    bad("claims_51_megapixels.jpg", patched(jpeg, frame + 5, struct.pack(">HH", 5000, 10200)))
    bad("claims_no_height.jpg", patched(jpeg, frame + 5, struct.pack(">HH", 0, 48)))
    bad("arithmetic.jpg", patched(jpeg, frame + 1, b"\xc9"))
    bad("lossless_coding.jpg", patched(jpeg, frame + 1, b"\xc3"))
    bad("twelve_bit.jpg", patched(jpeg, frame + 4, b"\x0c"))
    last_scan = progressive.rfind(b"\xff\xda")
    bad("many_scans.jpg", progressive[:-2] + progressive[last_scan:-2] * 80 + b"\xff\xd9")

    rgb = encoded(image, "PNG")
    bad("cut_in_half.png", rgb[:len(rgb) // 2])
    bad("end_missing.png", rgb[:-12])
    bad("signature_only.png", SIGNATURE)
    bad("as_text.png", rgb.replace(b"\r\n", b"\n"))
    header = lambda w, h: SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0))
    tail = rgb[33:]
    bad("claims_100000_a_side.png", header(100_000, 100_000) + tail)
    bad("claims_64_megapixels.png", header(8000, 8000) + tail)
    bad("less_data_than_claimed.png", header(48, 64) + tail)
    bad("no_width.png", header(0, 32) + tail)
    bad("header_checksum.png", patched(rgb, 29, b"\0\0\0\0"))
    bad("no_image_data.png", header(48, 32) + chunk(b"IEND", b""))
    bad("damaged_data.png", patched(rgb, rgb.index(b"IDAT") + 10, b"\xff\xff\xff\xff"))
    bomb = header(48, 32) + chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(40_000_000), 9))
    bad("profile_bomb_without_data.png", bomb + chunk(b"IEND", b""))

    lossy = encoded(image, "WEBP", quality=80)
    bad("cut_in_half.webp", lossy[:len(lossy) // 2])
    bad("header_only.webp", lossy[:12])
    at = lossy.index(b"VP8 ") + 14
    bad("claims_16383_a_side.webp", patched(lossy, at, struct.pack("<HH", 16383, 16383)))
    extended = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + b"\x2f\0\0" + b"\x1f\0\0"
    for name, size in (("large", (16383, 3000)), ("huge", (16383, 16383))):
        body = b"WEBP" + extended + patched(lossy, at, struct.pack("<HH", *size))[12:]
        bad(f"small_canvas_{name}_frame.webp", b"RIFF" + struct.pack("<I", len(body)) + body)
    bad("no_picture.webp", b"RIFF" + struct.pack("<I", 4) + b"WEBP")

    plain = encoded(image, "BMP")
    bad("cut_in_half.bmp", plain[:len(plain) // 2])
    bad("header_only.bmp", plain[:30])
    bad("claims_100000_a_side.bmp", patched(plain, 18, struct.pack("<ii", 100_000, 100_000)))
    bad("claims_64_megapixels.bmp", patched(plain, 18, struct.pack("<ii", 8000, 8000)))
    bad("negative_width.bmp", patched(plain, 18, struct.pack("<i", -48)))
    bad("cut_runs.bmp", rle8(image.quantize(4))[:-80])

    bad("picture.gif", encoded(image, "GIF"))
    bad("picture.tiff", encoded(image.resize((2, 2)), "TIFF"))
    bad("picture.avif", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1")
    bad("picture.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    bad("picture.jp2", b"\0\0\0\x0cjP  \r\n\x87\n")
    bad("picture.svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    bad("document.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    bad("page.jpg", b"<!doctype html><title>404</title>")
    bad("words.jpg", b"this is not an image\n")
    bad("base64.jpg", b"/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQ==")
    bad("zeros.jpg", bytes(64))


def without(data, marker):
    """The JPEG without its segments of one marker."""
    kept, at = data[:2], 2
    while data[at + 1] != 0xDA:
        end = at + 2 + struct.unpack(">H", data[at + 2:at + 4])[0]
        if data[at + 1] != marker:
            kept += data[at:end]
        at = end
    return kept + data[at:]


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    BAD.mkdir(exist_ok=True)
    good_files()
    bad_files()

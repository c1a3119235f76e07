#!/bin/sh
# Writes fuzz/corpus/<target>/ from the fixtures of the media crate: one seed a file form.
set -eu
cd "$(dirname "$0")"
data=../crates/media/tests/data
seed() { # seed <target> <extension>
    mkdir -p "corpus/$1"
    for file in "$data"/golden/*."$2" "$data"/bad/*."$2"; do
        # Files of other formats under this extension teach the target nothing; large ones slow it.
        [ "$(wc -c <"$file")" -le 2500 ] || continue
        folder=$(basename "$(dirname "$file")")
        cp "$file" "corpus/$1/$folder-$(basename "$file" | tr -d '[]')"
    done
}
seed jpeg jpg
seed png png
seed webp webp
seed bmp bmp
mkdir -p corpus/exif corpus/base64
python3 - "$data" <<'PYTHON'
import base64, pathlib, sys
data = pathlib.Path(sys.argv[1])
for value in (1, 6):
    jpeg = (data / f"golden/orientation_{value}.jpg").read_bytes()
    start = jpeg.index(b"Exif\0\0") + 6
    length = int.from_bytes(jpeg[start - 8:start - 6], "big")
    pathlib.Path(f"corpus/exif/orientation_{value}").write_bytes(jpeg[start:start + length - 8])
pathlib.Path("corpus/exif/broken").write_bytes(b"II*\0\x08\0\0\0\xff\xff\x01")
pathlib.Path("corpus/exif/big_endian").write_bytes(
    b"MM\0*\0\0\0\x08\0\x02\x01\x12\0\3\0\0\0\1\0\6\0\0\x92\x86\0\7\0\0\0\x0c\0\0\0\x26\0\0\0\0UNICODE\0\0A\0B")
text = base64.b64encode(bytes(range(60, 120)) + b"\xfb\xef\xff")
texts = {
    "plain": text,
    "url_safe": text.replace(b"+", b"-").replace(b"/", b"_").rstrip(b"="),
    "lines": b"\r\n".join(text[i:i + 16] for i in range(0, len(text), 16)),
    "data_url": b"data:image/jpeg;base64," + text,
    "data_url_text": b"data:text/plain,hello",
    "padding_inside": b"QUE=QUE=",
    "not_base64": b"AA%2BAA",
    "cut": b"AAAAA",
}
for name, content in texts.items():
    pathlib.Path(f"corpus/base64/{name}").write_bytes(content)
PYTHON
python3 - <<'PYTHON'
# Requests of the contracts' fixtures, in the form that bodies/contracts.rs takes.
import json, pathlib
sources = pathlib.Path("../crates/contracts/src")
for contract in ("native", "syntizen", "verified_africa", "decentro"):
    folder = pathlib.Path("corpus") / contract
    folder.mkdir(parents=True, exist_ok=True)
    paths, seen = [], set()
    for file in sorted(sources.glob(f"{contract}/fixtures/*/request.json")):
        request = json.loads(file.read_text())
        body = request.get("body") or {}
        path = request["path"].split("?")[0]
        if path not in paths:
            paths.append(path)
        route = bytes([paths.index(path)])
        if "json" in body:
            content = b"\x00" + json.dumps(body["json"]).encode()
        elif "form" in body:
            fields = [f"{f.get('name')}\x1f{f.get('value', 'file')}" for f in body["form"]]
            content = b"\x01" + "\x1e".join(fields).encode()
        else:
            content = b"\x02" + str(body.get("text", "bytes")).encode()
        if len(content) < 1500 and content not in seen and len(seen) < 12:
            seen.add(content)
            (folder / file.parent.name).write_bytes(route + content)
native = pathlib.Path("corpus/native")
for name, content in {
    "json": b'\0\0{"image": "data:image/jpeg;base64,QUJD"}',
    "null": b'\0\0{"image": null}',
    "twice": b'\0\0{"image": "a", "image": "b"}',
    "deep": b"\0\0" + b'{"image": ' + b"[" * 200,
    "form": b"\0\x01image\x1fbytes\x1eprofile\x1fclassic",
    "form_twice": b"\0\x01image\x1fa\x1eimage\x1fb",
    "raw": b"\0\x02\xff\xd8\xff",
    "clip": b"\x01\x01video\x1fbytes",
}.items():
    (native / name).write_bytes(content)

# Calibrations, cut and bent.
for target, file in {"calibration": "../crates/engine/calibration/default.toml",
                     "temporal_calibration": "../crates/temporal/calibration/default.toml",
                     "session_calibration": "../crates/session/calibration/default.toml"}.items():
    folder = pathlib.Path("corpus") / target
    folder.mkdir(parents=True, exist_ok=True)
    text = pathlib.Path(file).read_text()
    lines = [l for l in text.splitlines() if l.strip() and not l.lstrip().startswith("#")]
    whole = "\n".join(lines) + "\n"
    (folder / "whole").write_text(whole)
    (folder / "cut").write_text(whole[: len(whole) // 2])
    (folder / "infinite").write_text(whole.replace("0.5", "inf"))
    (folder / "negative").write_text(whole.replace(" = 0.", " = -0."))
    (folder / "empty").write_text("")
    (folder / "nested").write_text("a" + ".a" * 300 + " = 1\n")

sessions = pathlib.Path("corpus/session_calibration")
whole = (sessions / "whole").read_text()
for name, more in {
    "times": "[challenge.time]\nsession_ms = 9223372036854775807\npause_least_ms = 9\npause_most_ms = 8\n",
    "no_angles": "[challenge.head]\nyaw_deg = []\n",
    "not_a_number": "[challenge.eyes]\nclosed = nan\n",
}.items():
    (sessions / name).write_text(whole + more)

# Forms: the first line is the content type.
forms = pathlib.Path("corpus/multipart")
forms.mkdir(parents=True, exist_ok=True)
def form(*fields, end="--x--\r\n", kind="multipart/form-data; boundary=x"):
    return (kind + "\n" + "".join(f"--x\r\n{head}\r\n\r\n{value}\r\n" for head, value in fields) + end).encode()
named = 'content-disposition: form-data; name="image"'
for name, content in {
    "field": form((named, "bytes")),
    "file": form((named + '; filename="a.jpg"\r\ncontent-type: image/jpeg', "bytes"), ('content-disposition: form-data; name=profile', "classic")),
    "encoded_name": form((named + "; filename*=UTF-8''%e2%82%ac.jpg", "")),
    "quoted_boundary": form((named, "b"), kind='multipart/form-data; boundary="x"; charset=utf-8'),
    "no_boundary": form((named, "b"), kind="multipart/form-data"),
    "many": form(*[(f"content-disposition: form-data; name=f{i}", "") for i in range(40)]),
    "cut": form((named, "bytes"), end="--"),
    "preamble": form((named, "b")).replace(b"\n--x", b"\nbefore\r\n--x", 1),
    "no_disposition": form(("content-type: image/jpeg", "b")),
    "bare_newlines": form((named, "b")).replace(b"\r\n", b"\n"),
    "json": b'application/json\n{"image": "QUJD"}',
}.items():
    (forms / name).write_bytes(content)

# Messages of the capture page: even first byte text, odd binary.
messages = pathlib.Path("corpus/capture")
messages.mkdir(parents=True, exist_ok=True)
for name, content in {
    "start": b'\0{"type":"start","consent":true,"microphone":true,"camera":"FaceTime","geolocation":{"latitude":1.5,"longitude":-2e1}}',
    "shown": b'\0{"type":"shown","step":3}', "skip": b'\0{"type":"skip","step":0}', "abort": b'\0{"type":"abort"}',
    "unknown": b'\0{"type":"dance"}', "negative": b'\0{"type":"shown","step":-1}', "deep": b'\0{"type":' + b"[" * 300,
    "frame": b"\1\1\2\1\0\0\xff\xd8\xff\xd9", "sound": b"\1\2\0\0\0\0\1\0\xff\xff",
    "half_sample": b"\1\2\0\0\0\0\1", "no_head": b"\1\1\0", "kind": b"\1\7\0\0\0\0",
}.items():
    (messages / name).write_bytes(content)

# lifesign.toml.
configurations = pathlib.Path("corpus/configuration")
configurations.mkdir(parents=True, exist_ok=True)
model = """[[external_model]]
name = "mini"
file = "mini.onnx"
sha256 = "%s"
crop_scale = 2.7
size = 80
colour_order = "bgr"
range = [0.0, 255.0]
activation = "softmax"
output_index = 1
weight = 0.3
""" % ("0" * 64)
for name, content in {
    "settings": 'listen = "0.0.0.0:80"\nworkers = 2\nqueue = 9\nlog_format = "json"\nmax_pixels = 50000000\nprofile = "classic"\n',
    "numbers": "live_threshold = 0.6\nmin_ear = 0.2\nmax_yaw_deg = 40\nfft_kurtosis_max = 1e3\n",
    "model": model, "two_models": model + model.replace('"mini"', '"other"'), "heavy": model.replace("0.3", "1e300"),
    "unknown": "live_treshold = 0.6\n", "wrong_type": 'workers = "many"\nqueue = -1\n', "out_of_range": "max_side = 0\n",
    "missing_file": 'calibration = "nowhere.toml"\n', "not_toml": "= [[", "nested": "a" + ".a" * 300 + " = 1\n",
    "infinite": "live_threshold = inf\nmin_blur_variance = nan\n",
}.items():
    (configurations / name).write_text(content)

# Outlines of clips: bodies/video.rs has no decoder behind it.
def box(kind, content=b""):
    return (8 + len(content)).to_bytes(4, "big") + kind + content
def element(identity, content=b""):
    return identity + (0x4000 | len(content)).to_bytes(2, "big") + content
track = box(b"trak", box(b"tkhd", bytes(84)))
mp4 = box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", box(b"mvhd", bytes(100)) + track) + box(b"mdat", b"x" * 40)
webm = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"webm")) + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 \
    + element(b"\x16\x54\xae\x6b", element(b"\xae", b"track")) + element(b"\x1f\x43\xb6\x75", element(b"\xa3", b"block"))
clips = pathlib.Path("corpus/clip")
clips.mkdir(parents=True, exist_ok=True)
for name, content in {
    "mp4": mp4, "mp4_cut": mp4[:-9], "mp4_many": mp4.replace(track, track * 40),
    "mp4_huge": mp4[:16] + b"\0\0\0\1mdat" + b"\xff" * 8, "quicktime": mp4.replace(b"isom", b"qt  "),
    "webm": webm, "webm_cut": webm[:-2], "webm_open": webm.replace(b"\x1f\x43\xb6\x75\x40", b"\x1f\x43\xb6\x75\xff"),
}.items():
    (clips / name).write_bytes(content)
PYTHON

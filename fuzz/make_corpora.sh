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

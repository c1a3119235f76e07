#!/usr/bin/env python3
"""Sends a sealed picture to POST /FaceLivenessV2.

    BASE=http://127.0.0.1:8080 SYNTIZEN_USERNAME=... SYNTIZEN_PASSWORD=... \
    SYNTIZEN_APIKEY=... SYNTIZEN_SEALING_KEY=... python3 docs/examples/syntizen_sealed.py selfie.jpg

SYNTIZEN_APIKEY names the key and travels in the header `apikey`; SYNTIZEN_SEALING_KEY is the key
itself, 64 hexadecimal digits that were shown once, and never travels. Needs the package
`cryptography`.
"""

import base64
import json
import os
import sys
import urllib.error
import urllib.request

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


def seal(picture: bytes, key: bytes) -> str:
    """Base64 of a fresh nonce and the AES-256-GCM ciphertext with its tag; no additional data."""
    nonce = os.urandom(NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, picture, None)).decode()


def post(url: str, body: dict, headers: dict) -> dict:
    """The JSON of the answer, whatever its status."""
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        return json.load(refused)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    base = os.environ.get("BASE", "http://127.0.0.1:8080")
    key = bytes.fromhex(os.environ["SYNTIZEN_SEALING_KEY"])
    with open(sys.argv[1], "rb") as file:
        picture = file.read()

    user = {
        "username": os.environ["SYNTIZEN_USERNAME"],
        "password": os.environ["SYNTIZEN_PASSWORD"],
    }
    login = post(f"{base}/userauthentication", user, {})
    if login["respcode"] != "200":
        print(json.dumps(login))
        return 1

    headers = {"apikey": os.environ["SYNTIZEN_APIKEY"], "authkey": login["authkey"]}
    body = {"liveimage": seal(picture, key), "rrn": "1"}
    answer = post(f"{base}/FaceLivenessV2", body, headers)
    print(json.dumps(answer))
    return 0 if answer["respcode"] == "200" else 1


if __name__ == "__main__":
    sys.exit(main())

"""A peer as a Python team would serve it: FastAPI and uvicorn, the native contract's JSON in and out.

PEER names it: `reference` (signals.py) or `minifasnet` (MODELS names the folder of its files).
"""

import base64
import binascii
import io
import os
import threading
from pathlib import Path

from fastapi import FastAPI, HTTPException
from PIL import Image
from pydantic import BaseModel

app = FastAPI()
worker = threading.local()  # MediaPipe's graphs are not shared between threads


class Request(BaseModel):
    image: str


def peer():
    if not hasattr(worker, "peer"):
        if os.environ["PEER"] == "minifasnet":
            from minifasnet import MiniFasNet

            worker.peer = MiniFasNet(Path(os.environ["MODELS"]))
        else:
            from signals import Reference

            worker.peer = Reference()
    return worker.peer


@app.post("/v1/liveness")
def check(request: Request):
    try:
        data = base64.b64decode(request.image.split(",", 1)[-1], validate=True)
        picture = Image.open(io.BytesIO(data))
        picture.load()
    except (binascii.Error, OSError) as error:
        raise HTTPException(422, str(error)) from error
    found = peer().check(picture)
    confidence, scores = found or (0.0, {})
    verdict = "LIVE" if confidence >= 0.58 else "SPOOF"
    return {"status": "success", "result": {"verdict": verdict if found else "INCONCLUSIVE", "confidence": confidence,
                                            "signals": [{"name": n, "score": s} for n, s in scores.items()]}}

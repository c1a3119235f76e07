#!/usr/bin/env python3
"""Time the embedded models in Lifesign beside onnxruntime, both on one thread.

The two take turns, ROUNDS times, so that both see the same machine; printed are the median over
the rounds of each one's best time, and the median of the rounds' ratios. Build first:
`cargo build -p lifesign-infer --example time_models`.
"""

import argparse
import statistics
import subprocess
import time
import tomllib
from pathlib import Path

import numpy as np
import onnxruntime

REPOSITORY = Path(__file__).resolve().parent.parent
MODELS = REPOSITORY / "models"
RUNS = 60


def time_lifesign(program, name):
    """Best of RUNS in milliseconds."""
    result = subprocess.run([program, str(RUNS), name], check=True, capture_output=True, text=True)
    return float(result.stdout.splitlines()[1].split()[1])


def time_onnxruntime(session, picture):
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        session.run(None, {session.get_inputs()[0].name: picture})
        times.append((time.perf_counter() - start) * 1e3)
    return min(times)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = REPOSITORY / "target" / "debug" / "examples" / "time_models"
    parser.add_argument("--program", default=default, help="the built example time_models")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    print(f"{'model, ms':<32} {'lifesign':>9} {'onnxruntime':>12} {'ratio':>6}")
    for card in tomllib.loads((MODELS / "models.toml").read_text())["model"]:
        session = onnxruntime.InferenceSession(MODELS / card["file"], settings)
        shape = card["input_shape"]
        picture = (np.arange(np.prod(shape)) % 251 / 251).astype(np.float32).reshape(shape)
        pairs = [
            (time_lifesign(options.program, card["name"]), time_onnxruntime(session, picture))
            for _ in range(options.rounds)
        ]
        ours, theirs = (statistics.median(times) for times in zip(*pairs))
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"{card['name']:<32} {ours:>9.2f} {theirs:>12.2f} {ratio:>6.2f}")


if __name__ == "__main__":
    main()

#!/usr/bin/env bash
# Runs a command beside the Python peers, served by two uvicorn workers each on loopback.
# usage: run.sh COMMAND...      the peers are appended as --peer NAME=ADDRESS
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=${PEERS_VENV:-$here/.venv}
models=${MODELS:-$here/../../../shared/peers/minifasnet}
if [ ! -x "$venv/bin/uvicorn" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet -r "$here/requirements.txt"
fi
cd "$here"
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true' EXIT
serve() { # name port
  PEER=$1 MODELS=$models "$venv/bin/uvicorn" service:app --host 127.0.0.1 --port "$2" --workers 2 --log-level error 2>"/tmp/lifesign-peer-$1.log" &
  pids+=($!)
  for _ in $(seq 240); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null; then return 0; fi
    sleep 0.25
  done
  echo "the peer $1 did not start; see /tmp/lifesign-peer-$1.log" >&2; return 1
}
serve reference 18091
peers=(--peer reference=127.0.0.1:18091)
if ls "$models"/*.onnx >/dev/null 2>&1; then
  serve minifasnet 18092
  peers+=(--peer minifasnet=127.0.0.1:18092)
else
  echo "no MiniFASNet files in $models: that peer is left out" >&2
fi
cd "$OLDPWD"
"$@" "${peers[@]}"

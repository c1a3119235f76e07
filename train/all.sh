#!/usr/bin/env bash
# The whole training, from ../shared to models/; every step resumes.
# usage: all.sh SHARED CACHE      (PYTHON and LIFESIGN name the interpreter and the binary)
set -euo pipefail
shared=$(realpath "$1"); mkdir -p "$2"; cache=$(realpath "$2")
cd "$(dirname "$0")"
python=${PYTHON:-python3}
lifesign=${LIFESIGN:-../target/debug/lifesign}
export OMP_NUM_THREADS=1 PYTHONWARNINGS=ignore
data=$cache/pad faces=$cache/crops.csv clips=$cache/clips

"$python" prepare.py --data "$shared/data/pad" --out "$data"
[ -e "$faces" ] || "$lifesign" crops "$data" --index-only --out "$cache"
[ -e "$clips" ] || "$python" clips.py --data "$shared/data/video" --pictures "$shared/data/pad" --out "$clips"
[ -e "$clips/crops.csv" ] || "$lifesign" crops "$clips" --index-only --out "$clips"

# What the pretrained networks see, then a linear head on each. Folds 1 to 6 leave sources out; 0 is what ships.
"$python" features.py --data "$data" --faces "$faces" --cache "$cache"
"$python" simulate.py --data "$data" --faces "$faces" --cache "$cache"
for part in 0 1; do
    "$python" views.py --data "$data" "$clips" --faces "$faces" "$clips/crops.csv" --teacher "$shared/peers/minifasnet" \
        --cache "$cache" --part "$part/2" & views[part]=$!
done
for pid in "${views[@]}"; do wait "$pid"; done
"$python" heads.py --data "$data" --clips "$clips" --cache "$cache"

# The signals that need no training, from the engine as it is.
[ -e "$cache/measured.csv" ] || "$lifesign" eval "$data" --profile ensemble --scores "$cache/measured.csv" >/dev/null
"$python" fuse.py --data "$data" --cache "$cache" --measured "$cache/measured.csv" --scores scores/oof.csv --out out
"$python" export.py --cache "$cache" --out ../models
"$python" robustness.py --data "$data" --faces "$faces" --clips "$clips" --cache "$cache" --calibration out/calibration.json
"$python" evaluate.py scores/oof.csv --halves scores/oof_halves.csv --peers "$shared/data/pad/peer_scores.csv"

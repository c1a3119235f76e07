#!/usr/bin/env bash
# The whole training, from ../shared to models/pad_context.onnx; every step resumes.
# usage: all.sh SHARED CACHE      (PYTHON and LIFESIGN name the interpreter and the binary)
set -euo pipefail
shared=$(realpath "$1"); mkdir -p "$2"; cache=$(realpath "$2")
cd "$(dirname "$0")"
python=${PYTHON:-python3}
lifesign=${LIFESIGN:-../target/debug/lifesign}
export OMP_NUM_THREADS=1
data=$cache/pad faces=$cache/crops.csv teacher=$shared/peers/minifasnet run=d1

"$python" prepare.py --data "$shared/data/pad" --out "$data"
[ -e "$faces" ] || "$lifesign" crops "$data" --index-only --out "$cache"

# Nine passes of views and six sets of mixed views, two processes at a time.
for seed in $(seq 1 9); do
  for part in 0 1; do
    [ -e "$cache/views_${seed}_$part.npz" ] || "$python" bank.py --data "$data" --faces "$faces" --teacher "$teacher" \
      --cache "$cache" --views 90 --seed "$seed" --part "$part/2" &
  done
  wait
done
for seed in 1 3 5; do
  for each in $seed $((seed + 1)); do
    [ -e "$cache/mixed_$each/crop.npy" ] || "$python" mixed.py --data "$data" --cache "$cache" --teacher "$teacher" \
      --count 40000 --seed "$each" &
  done
  wait
done

# Folds 1 to 6 leave sources out; 0 is what ships.
"$python" folds.py --data "$data" --cache "$cache" --name $run --folds 1,3,5,0 --set draws=300000 &
"$python" folds.py --data "$data" --cache "$cache" --name $run --folds 2,4,6 --set draws=300000 &
wait
"$python" fuse.py --data "$data" --cache "$cache" --runs $run --scores scores/oof.csv --out out
"$python" robustness.py --data "$data" --faces "$faces" --cache "$cache" --runs $run --calibration out/calibration.json
"$python" export.py --cache "$cache" --runs $run --out ../models/pad_context.onnx
"$python" evaluate.py scores/oof.csv --halves scores/oof_halves.csv --peers "$shared/data/pad/peer_scores.csv"

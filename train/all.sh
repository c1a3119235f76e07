#!/usr/bin/env bash
# The whole training, from ../shared to models/pad_context.onnx; every step resumes.
# usage: all.sh SHARED CACHE      (PYTHON and LIFESIGN name the interpreter and the binary)
set -euo pipefail
shared=$(realpath "$1"); mkdir -p "$2"; cache=$(realpath "$2")
cd "$(dirname "$0")"
python=${PYTHON:-python3}
lifesign=${LIFESIGN:-../target/debug/lifesign}
export OMP_NUM_THREADS=1
data=$cache/pad faces=$cache/crops.csv teacher=$shared/peers/minifasnet

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

# Folds 1 to 6 leave sources out; 0 is what ships. First the networks, then the heads on fixed features.
"$python" folds.py --data "$data" --cache "$cache" --name d1 --folds 1,3,5,0 --set draws=220000 &
"$python" folds.py --data "$data" --cache "$cache" --name d1 --folds 2,4,6 --set draws=220000 &
wait
"$python" folds.py --data "$data" --cache "$cache" --name t2 --start d1 --folds 1,2,3,4,5,6,0 \
  --set draws=40000 rate=6e-4 views_share=0.75 hint_weight=0.5 recapture_weight=1.0 synthesis_weight=1.0
detector=../models/face_detection_short_range.onnx
"$python" feature_bank.py --cache "$cache" --detector $detector
for on in clean views; do
  "$python" heads.py --data "$data" --cache "$cache" --name h_$on --on $on --seeds 2
done

# The signals that need no training, from the engine as it is.
[ -e "$cache/measured.csv" ] || "$lifesign" eval "$data" --profile ensemble --scores "$cache/measured.csv" >/dev/null
"$python" fuse.py --data "$data" --cache "$cache" --measured "$cache/measured.csv" --scores scores/oof.csv --out out \
  --runs h_clean=1,1,1 h_views=1,1,1 t2=2,2,0.5
for fold in 1 2 3 4 5 6; do
  "$python" export.py --cache "$cache" --network t2 --heads h_clean h_views --detector $detector --fold $fold --out "$cache/pad_fold_$fold.onnx"
done
"$python" export.py --cache "$cache" --network t2 --heads h_clean h_views --detector $detector --out ../models/pad_context.onnx
"$python" robustness.py --data "$data" --faces "$faces" --cache "$cache" --calibration out/calibration.json
"$python" evaluate.py scores/oof.csv --halves scores/oof_halves.csv --peers "$shared/data/pad/peer_scores.csv"

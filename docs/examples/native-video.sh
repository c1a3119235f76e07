#!/bin/sh
# The native API: judges one clip.
#
#   BASE=http://127.0.0.1:8080 API_KEY=... VIDEO=clip.mp4 docs/examples/native-video.sh
#
# API_KEY is `api_key` of `lifesign tenants create`; any text will do in development mode.
set -eu
BASE=${BASE:-http://127.0.0.1:8080}
API_KEY=${API_KEY:-none}
VIDEO=${VIDEO:?an .mp4 or .webm file}

curl -sS "$BASE/v1/liveness/video" -H "x-api-key: $API_KEY" -F "video=@$VIDEO"
echo

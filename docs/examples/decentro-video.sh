#!/bin/sh
# Decentro passive video liveness: judges one clip.
#
#   BASE=http://127.0.0.1:8080 DECENTRO_CLIENT_ID=... DECENTRO_CLIENT_SECRET=... DECENTRO_MODULE_SECRET=... VIDEO=clip.mp4 docs/examples/decentro-video.sh
#
# The three are in `decentro` of `lifesign tenants create`. The clip has 800x800 to 2000x2000 pixels, at most
# 10 seconds and the marks of a camera; SKIP_METADATA=true takes it without the marks.
set -eu
BASE=${BASE:-http://127.0.0.1:8080}
VIDEO=${VIDEO:?an .mp4 or .webm file}

curl -sS --location --request POST "$BASE/v2/kyc/forensics/video_liveness" \
--header "client_id: ${DECENTRO_CLIENT_ID:-none}" \
--header "client_secret: ${DECENTRO_CLIENT_SECRET:-none}" \
--header "module_secret: ${DECENTRO_MODULE_SECRET:-none}" \
--form 'reference_id="02a05f79-4d10-47d6-89a9-6e5b54160e3e"' \
--form 'consent="true"' \
--form 'consent_purpose="for bank account purpose only"' \
--form "skip_metadata_validation=\"${SKIP_METADATA:-false}\"" \
--form "video=@\"$VIDEO\"" \
--form 'video_url=""'
echo

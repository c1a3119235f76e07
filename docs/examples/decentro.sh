#!/bin/sh
# Decentro passive image liveness: judges one picture, as a form and as JSON.
#
#   BASE=http://127.0.0.1:8080 DECENTRO_CLIENT_ID=... DECENTRO_CLIENT_SECRET=... DECENTRO_MODULE_SECRET=... IMAGE=selfie.jpg docs/examples/decentro.sh
#
# The three are in `decentro` of `lifesign tenants create`. The picture has 800x800 to 2000x2000
# pixels and camera data in EXIF; SKIP_METADATA=true takes it without the camera data.
set -eu
BASE=${BASE:-http://127.0.0.1:8080}
CLIENT_ID=${DECENTRO_CLIENT_ID:-none}
CLIENT_SECRET=${DECENTRO_CLIENT_SECRET:-none}
MODULE_SECRET=${DECENTRO_MODULE_SECRET:-none}
IMAGE=${IMAGE:?a picture of 800x800 to 2000x2000 pixels}
SKIP_METADATA=${SKIP_METADATA:-false}

# Without SKIP_METADATA these are the documented commands.
if [ "$SKIP_METADATA" = true ]; then
  set -- --form 'skip_metadata_validation="true"'
  SKIP_FIELD='
    "skip_metadata_validation": true, '
else
  set --
  SKIP_FIELD=
fi

curl -sS --location "$BASE/v2/kyc/forensics/liveness/passive" \
--header "client_id: $CLIENT_ID" \
--header "client_secret: $CLIENT_SECRET" \
--header "module_secret: $MODULE_SECRET" \
--form 'reference_id="ManishGupta"' \
--form 'consent="true"' \
--form 'purpose="for bank verification only"' \
"$@" \
--form "image=@\"$IMAGE\""
echo

printf '{
    "reference_id": "ManishGupta", 
    "consent": true, 
    "purpose": "for bank verification only", %s
    "image": "%s" 
}' "$SKIP_FIELD" "$(base64 < "$IMAGE" | tr -d '\n')" |
curl -sS --location "$BASE/v3/kyc/farsight/liveness/passive" \
--header "client_id: $CLIENT_ID" \
--header "client_secret: $CLIENT_SECRET" \
--header "module_secret: $MODULE_SECRET" \
--header 'Content-Type: application/json' \
--data @-
echo

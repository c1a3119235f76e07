#!/bin/sh
# verified.africa Passive Liveness Verification: judges one picture.
#
#   BASE=http://127.0.0.1:8080 VERIFIED_AFRICA_USERID=... VERIFIED_AFRICA_API_KEY=... IMAGE=selfie.jpg docs/examples/verified-africa.sh
#
# Both are in `verified_africa` of `lifesign tenants create`. TRANSACTION_REFERENCE, if set, makes
# a repetition of the request free.
set -eu
BASE=${BASE:-http://127.0.0.1:8080}
IMAGE=${IMAGE:-assets/samples/astronaut.jpg}
REFERENCE=${TRANSACTION_REFERENCE:-}

printf '{
    "verificationType" : "PASSIVE-LIVELINESS-VERIFICATION",
    "transactionReference": "%s",
    "selfie": "data:image/jpeg;base64,%s"
}' "$REFERENCE" "$(base64 < "$IMAGE" | tr -d '\n')" |
curl -sS -X POST "$BASE/sfx-verify/v3/id-service/" \
  -H "userid: ${VERIFIED_AFRICA_USERID:-none}" \
  -H "apiKey: ${VERIFIED_AFRICA_API_KEY:-none}" \
  -H "Content-Type: application/json" \
  -d @-
echo

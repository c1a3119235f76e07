#!/bin/sh
# The native API: judges one picture, sent in the three ways that it takes.
#
#   BASE=http://127.0.0.1:8080 API_KEY=... IMAGE=selfie.jpg docs/examples/native.sh
#
# API_KEY is `api_key` of `lifesign tenants create`; any text will do in development mode.
set -eu
BASE=${BASE:-http://127.0.0.1:8080}
API_KEY=${API_KEY:-none}
IMAGE=${IMAGE:-assets/samples/astronaut.jpg}

# As JSON, with a reference to find the check by and a key that makes a repetition safe.
printf '{"image": "%s"}' "$(base64 < "$IMAGE" | tr -d '\n')" |
curl -sS "$BASE/v1/liveness?reference=example" \
  -H "Authorization: Bearer $API_KEY" \
  -H "Idempotency-Key: example-$$" \
  -H "Content-Type: application/json" \
  -d @-
echo

# As a form.
curl -sS "$BASE/v1/liveness" -H "x-api-key: $API_KEY" -F "image=@$IMAGE"
echo

# As it is.
curl -sS "$BASE/v1/liveness" -H "x-api-key: $API_KEY" -H "Content-Type: image/jpeg" --data-binary "@$IMAGE"
echo

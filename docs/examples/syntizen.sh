#!/bin/sh
# Syntizen Face Passive Liveness V2: gets an authkey, then judges one picture.
#
#   BASE=http://127.0.0.1:8080 SYNTIZEN_USERNAME=... SYNTIZEN_PASSWORD=... IMAGE=selfie.jpg docs/examples/syntizen.sh
#
# User name and password are in `syntizen` of `lifesign tenants create`. AUTHKEY, if set, is used
# instead of asking for one. syntizen_sealed.py shows how to seal the picture.
set -eu
BASE=${BASE:-http://127.0.0.1:8080}
IMAGE=${IMAGE:-assets/samples/astronaut.jpg}

if [ -z "${AUTHKEY:-}" ]; then
  LOGIN=$(curl -sS -X POST "$BASE/userauthentication" \
    -H "Content-Type: application/json" \
    -d "{\"username\": \"$SYNTIZEN_USERNAME\", \"password\": \"$SYNTIZEN_PASSWORD\"}")
  AUTHKEY=$(printf '%s' "$LOGIN" | sed -n 's/.*"authkey" *: *"\([^"]*\)".*/\1/p')
  if [ -z "$AUTHKEY" ]; then
    printf '%s\n' "$LOGIN" >&2
    exit 1
  fi
fi

# A picture does not fit on a command line, so the body comes from the pipe.
printf '{    "liveimage": "%s",    "rrn": "1"  }' "$(base64 < "$IMAGE" | tr -d '\n')" |
curl -sS -X POST "$BASE/FaceLivenessV2" \
  -H "apikey: 0" \
  -H "authkey: $AUTHKEY" \
  -H "Content-Type: application/json" \
  -d @-
echo

#!/usr/bin/env bash
# Throws generated requests at a real server and holds every answer against /openapi.json.
# usage: schemathesis.sh EXAMPLES      (examples of each operation; the binary must be built)
set -euo pipefail
cd "$(dirname "$0")/.."
examples=${1:?how many examples of each operation}
venv=target/schemathesis
version=4.32.5
[ -x "$venv/bin/st" ] && "$venv/bin/st" --version | grep -qF "$version" || {
  /usr/bin/python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet "schemathesis==$version"
}
folder=$(mktemp -d)
# Without tenants it runs open, so that requests get past the credentials.
target/debug/lifesign serve --listen 127.0.0.1:0 --data "$folder" --set queue=200 2>"$folder/log" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 300); do
  url=$(grep -o 'http://127[^/]*' "$folder/log" | head -1) && break
  sleep 0.1
done
"$venv/bin/st" run "$url/openapi.json" --max-examples "$examples" --request-timeout 60 \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance

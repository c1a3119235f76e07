#!/usr/bin/env bash
# The second stage of deploy/Containerfile in a clean Debian root, without a container engine:
#
#     deploy/image-check.sh BINARY
#
# debootstrap makes the root that the base image has; deploy/image.sh runs in it; then the binary makes a tenant,
# serves as the image's user, says that it is ready and judges the sample for a key. Needs root, debootstrap, curl and
# Debian's mirror. The first stage is `cargo build --release --locked --bin lifesign` and runs here as it is.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$(realpath "$1")
suite=$(sed -n 's/^FROM .*debian:\(.*\)-slim$/\1/p' deploy/Containerfile)
user=$(sed -n 's/^USER //p' deploy/Containerfile)
port=18080
root=$(mktemp -d "${TMPDIR:-/tmp}/lifesign-image.XXXXXX")
# The image's user must be able to walk it.
chmod 0755 "$root"
server=
finish() {
  status=$?
  trap - EXIT
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait
  umount "$root/proc" 2>/dev/null || true
  rm -rf --one-file-system "$root"
  exit "$status"
}
trap finish EXIT

debootstrap --variant=minbase "$suite" "$root" >"$root.log" || { tail -20 "$root.log"; exit 1; }
rm -f "$root.log"
mount -t proc proc "$root/proc"
# Names are looked up as here; an image gets that from its engine.
cp /etc/resolv.conf "$root/etc/resolv.conf"
install -m 0755 "$binary" "$root/usr/local/bin/lifesign"
install -m 0644 deploy/image.sh "$root/tmp/image.sh"
install -m 0644 assets/samples/astronaut.jpg "$root/tmp/sample.jpg"
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
inside() { env -i PATH=$path chroot "$@"; }
inside "$root" sh /tmp/image.sh
rm "$root/tmp/image.sh"
as_user() { inside --userspec="$user" "$root" "$@"; }
data=/var/lib/lifesign
key=$(as_user lifesign tenants create check --json --data $data | sed -n 's/.*"api_key": *"\(lsk_[^"]*\)".*/\1/p' | head -1)
[ -n "$key" ] || { echo "no key was printed" >&2; exit 1; }
# In a subshell that becomes it, so that the signals below reach the server.
(exec env -i PATH=$path chroot --userspec="$user" "$root" \
  lifesign serve --listen 127.0.0.1:$port --data $data 2>"$root/tmp/log") &
server=$!
for _ in $(seq 300); do
  ready=$(curl -s "http://127.0.0.1:$port/readyz" || true)
  [ -z "$ready" ] || break
  kill -0 "$server" 2>/dev/null || { cat "$root/tmp/log" >&2; exit 1; }
  sleep 0.2
done
# "ready, but clips are not judged" would mean that the image lacks ffmpeg.
[ "$ready" = ready ] || { echo "/readyz says: $ready" >&2; exit 1; }
[ "$(curl -s -o /dev/null -w '%{http_code}' -F image=@assets/samples/astronaut.jpg "http://127.0.0.1:$port/v1/liveness")" = 401 ]
answer=$(curl -s -H "x-api-key: $key" -F image=@assets/samples/astronaut.jpg "http://127.0.0.1:$port/v1/liveness")
grep -q '"verdict":"LIVE"' <<<"$answer" || { echo "$answer" >&2; exit 1; }
kill -TERM "$server"
wait "$server"
server=
echo "the image's steps work: $(du -sm --exclude=proc "$root" | cut -f1) MiB in all, ready and LIVE as user $user"

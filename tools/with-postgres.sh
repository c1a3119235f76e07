#!/usr/bin/env bash
# Runs a command beside a throwaway Postgres server, and answers with the command's status:
#
#     tools/with-postgres.sh cargo test --workspace
#
# The server listens on a free loopback port; LIFESIGN_TEST_POSTGRES holds its address for the
# command. It keeps Postgres' promises about disks (fsync stays on), because durability is among
# the things that are tested. Afterwards it is stopped and its folder removed.
# Without Debian's package `postgresql` the command runs without a server, unless
# LIFESIGN_TEST_REQUIRE_POSTGRES is set. An address that is set already is used as it is.
set -euo pipefail

if [ $# = 0 ]; then
  echo "usage: tools/with-postgres.sh COMMAND..." >&2
  exit 2
fi
if [ -n "${LIFESIGN_TEST_POSTGRES:-}" ]; then
  exec "$@"
fi

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
if [ ! -x "$bin/initdb" ]; then
  echo "no Postgres server: install Debian's package postgresql" >&2
  [ -z "${LIFESIGN_TEST_REQUIRE_POSTGRES:-}" ] || exit 1
  exec "$@"
fi

# Postgres refuses to run as root.
as=()
folder=$(mktemp -d "${TMPDIR:-/tmp}/lifesign-postgres.XXXXXX")
if [ "$(id -u)" = 0 ]; then
  as=(setpriv --reuid=postgres --regid=postgres --init-groups)
  chown postgres: "$folder"
fi

pg() { (cd "$folder" && "${as[@]}" env -i PATH="$bin:/usr/bin:/bin" LC_ALL=C "$@"); }

stop() {
  status=$?
  trap - EXIT
  [ ! -f "$folder/data/postmaster.pid" ] || pg pg_ctl -D "$folder/data" -m immediate -w stop >/dev/null || true
  rm -rf "$folder"
  exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
pg sh -c 'umask 077; cat >password' <<<"$password"
pg initdb -D "$folder/data" -U lifesign --auth=scram-sha-256 --pwfile="$folder/password" \
  --encoding=UTF8 --locale=C >/dev/null
cat >>"$folder/data/postgresql.conf" <<EOF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
max_connections = 200
shared_buffers = 32MB
wal_level = minimal
max_wal_senders = 0
EOF

# Another process may take a port between the choice and the start; then the next one is tried.
for _ in 1 2 3 4 5 6 7 8; do
  port=$((20000 + RANDOM % 12000))
  if pg pg_ctl -D "$folder/data" -l "$folder/log" -o "-p $port" -w -t 60 start >/dev/null; then
    # For tests that stop and start a server of their own: pg_ctl with what it needs to know.
    {
      echo "#!/bin/sh"
      echo "cd '$folder' && exec ${as[*]} env -i PATH='$bin:/usr/bin:/bin' LC_ALL=C" \
        "pg_ctl -D '$folder/data' -l '$folder/log' -o '-p $port' -w -t 60 \"\$@\""
    } >"$folder/control"
    chmod +x "$folder/control"
    LIFESIGN_TEST_POSTGRES="postgres://lifesign:$password@127.0.0.1:$port/postgres" \
      LIFESIGN_TEST_POSTGRES_CONTROL="$folder/control" "$@"
    exit
  fi
done
cat "$folder/log" >&2
exit 1

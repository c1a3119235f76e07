#!/usr/bin/env bash
# Installs what tests need and cargo cannot bring, unless PROBE finds it:
#
#     tools/debian.sh VARIABLE PROBE PACKAGE...
#
# Without the right to install it says so, and the tests that need it skip; where VARIABLE is set (as in
# CI) that is a failure instead.
set -uo pipefail
required=$1 probe=$2
shift 2
bash -c "$probe" >/dev/null 2>&1 && exit
echo "installing from Debian for the tests: $*"
sudo=
[ "$(id -u)" = 0 ] || sudo="sudo -n"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends "$@" >/dev/null && exit
echo "cannot install $*: the tests that need it are skipped" >&2
[ -z "${!required:-}" ]

#!/bin/sh
# What the image needs beside the binary; run as root in a Debian root.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# ffmpeg decodes clips, pocketsphinx hears digits; without them the rest works.
apt-get install -y -qq --no-install-recommends ca-certificates ffmpeg pocketsphinx pocketsphinx-en-us
rm -rf /var/lib/apt/lists/*
install -d -m 0700 -o 10001 -g 10001 /var/lib/lifesign
lifesign --version

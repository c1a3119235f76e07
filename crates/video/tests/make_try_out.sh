#!/bin/sh
# Writes the clip that Tools::open decodes to see that everything works.
set -e
cd "$(dirname "$0")/../src"
ffmpeg -v error -y -f lavfi -i testsrc2=s=64x64:r=10:d=0.3 -f lavfi -i sine=440:d=0.3 \
  -c:v libvpx -b:v 20k -c:a libopus -b:a 12k -map_metadata -1 -fflags +bitexact try_out.webm

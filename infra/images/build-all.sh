#!/bin/sh
# usage: infra/images/build-all.sh DIR
# Builds the images that CloudPlane itself needs and those of its examples and tests: DIR/pause.tar, DIR/hello.tar, DIR/busybox.tar.
set -eu
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
here=$(dirname "$0")
"$here/build-image.sh" cloudplane.local/pause:1 "$1/pause.tar" '["/bin/sleep","2147483647"]'
"$here/build-image.sh" cloudplane.local/hello:1 "$1/hello.tar" '["/bin/hello.sh"]' "$here/hello.sh=bin/hello.sh"
"$here/build-image.sh" cloudplane.local/busybox:1 "$1/busybox.tar" '["/bin/sh"]'

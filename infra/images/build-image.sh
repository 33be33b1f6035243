#!/bin/sh
# usage: infra/images/build-image.sh NAME OUT.tar ENTRYPOINT_JSON [FILE=PATH ...]
# Builds an image archive (OCI layout) of busybox-static with all its applets, plus the given files (FILE on this machine, PATH in the
# image; its mode is kept), for `ctr -n k8s.io images import OUT.tar`. Needs only sh, tar, sha256sum and busybox-static; the same
# input gives the same bytes.
#   NAME             e.g. cloudplane.local/hello:1
#   ENTRYPOINT_JSON  e.g. '["/bin/sleep","2147483647"]'
set -eu
[ $# -ge 3 ] || { echo "usage: $0 NAME OUT.tar ENTRYPOINT_JSON [FILE=PATH ...]" >&2; exit 2; }
name=$1 out=$2 entrypoint=$3
shift 3

busybox=/bin/busybox
[ -x $busybox ] || { echo "$0: $busybox is missing: apt-get install busybox-static" >&2; exit 1; }
if ldd $busybox >/dev/null 2>&1; then
  echo "$0: $busybox is linked dynamically: apt-get install busybox-static" >&2; exit 1
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/cloudplane-image.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
layer=$work/layer oci=$work/oci
mkdir -p "$layer/bin" "$layer/etc" "$layer/tmp" "$layer/proc" "$layer/sys" "$layer/dev" "$layer/root" "$layer/var" "$layer/www" "$oci/blobs/sha256"
chmod 1777 "$layer/tmp"

cp $busybox "$layer/bin/busybox"
for applet in $($busybox --list); do
  [ "$applet" = busybox ] || ln -s busybox "$layer/bin/$applet"
done
ln -s bin "$layer/sbin"
mkdir -p "$layer/usr" && ln -s ../bin "$layer/usr/bin" && ln -s ../bin "$layer/usr/sbin"
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/false\n' >"$layer/etc/passwd"
printf 'root:x:0:\nnobody:x:65534:\n' >"$layer/etc/group"
for file in "$@"; do
  target=$layer/${file#*=}
  mkdir -p "$(dirname "$target")" && cp -p "${file%%=*}" "$target"
done

pack() { # DIR OUT: a tar without what differs between two runs
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu -C "$1" -cf "$2" .
}
blob() { # FILE: moves it among the blobs, prints its digest
  digest=$(sha256sum "$1" | cut -d' ' -f1)
  mv "$1" "$oci/blobs/sha256/$digest"
  echo "$digest"
}
size() { stat -c %s "$oci/blobs/sha256/$1"; }

case $(uname -m) in
  x86_64) arch=amd64 ;;
  aarch64) arch=arm64 ;;
  *) arch=$(uname -m) ;;
esac

pack "$layer" "$work/layer.tar"
layer_digest=$(blob "$work/layer.tar")

# Not compressed, so the layer's digest is its diff id too.
cat >"$work/config.json" <<JSON
{"created":"1970-01-01T00:00:00Z","architecture":"$arch","os":"linux","config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Entrypoint":$entrypoint,"WorkingDir":"/"},"rootfs":{"type":"layers","diff_ids":["sha256:$layer_digest"]}}
JSON
config_digest=$(blob "$work/config.json")

cat >"$work/manifest.json" <<JSON
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:$config_digest","size":$(size "$config_digest")},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:$layer_digest","size":$(size "$layer_digest")}]}
JSON
manifest_digest=$(blob "$work/manifest.json")

# containerd takes the image's name from its own annotation; the OCI one would be only the tag.
cat >"$oci/index.json" <<JSON
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:$manifest_digest","size":$(size "$manifest_digest"),"annotations":{"io.containerd.image.name":"$name"}}]}
JSON
echo '{"imageLayoutVersion":"1.0.0"}' >"$oci/oci-layout"
pack "$oci" "$work/image.tar"
mkdir -p "$(dirname "$out")"
mv "$work/image.tar" "$out"

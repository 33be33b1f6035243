#!/bin/sh
# usage: infra/containerd-cleanup.sh ROOT [--keep-images]
# Stops the containerd of infra/containerd-config.sh ROOT (its pid is in ROOT/containerd.pid) and removes all it made: containers, shims,
# network namespaces, mounts, cgroups, files. Works whatever state it is in, also after a kill -9, and again when all is gone.
# With --keep-images the image store (ROOT/root) stays, for a faster next start.
set -u
[ $# -ge 1 ] || { echo "usage: $0 ROOT [--keep-images]" >&2; exit 2; }
root=$(realpath -m "$1")
keep=${2:-}
[ "$root" != / ] || exit 2
[ -d "$root" ] || exit 0

# ends with PID: SIGTERM, and SIGKILL after 5 seconds
end() {
  kill -TERM "$1" 2>/dev/null || return 0
  for _ in $(seq 100); do
    [ -d "/proc/$1" ] || return 0
    case $(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null) in Z) return 0 ;; esac
    sleep 0.05
  done
  kill -KILL "$1" 2>/dev/null
}

# Pids are reused: only a process that carries our path is ours.
ours() { { tr '\0' '\n' <"/proc/$1/cmdline" | grep -qF "$root/"; } 2>/dev/null; }

if pid=$(cat "$root/containerd.pid" 2>/dev/null) && ours "$pid"; then end "$pid"; fi
# Somebody may have started it again by hand; alive, it would tidy up while we read what it leaves.
for directory in /proc/[0-9]*; do
  case $({ tr '\0' ' ' <"$directory/cmdline"; } 2>/dev/null) in
    *"containerd --config $root/config.toml "*) end "${directory#/proc/}" ;;
  esac
done

for bundle in "$root"/state/io.containerd.runtime.v2.task/*/*/; do
  [ -d "$bundle" ] || continue
  id=$(basename "$bundle")
  space=$(basename "$(dirname "$bundle")")
  # Read first: the shim may take the bundle away as soon as its container is gone.
  netns=$(grep -o '"path":"[^"]*netns/cni-[^"]*"' "$bundle/config.json" 2>/dev/null | head -1 | cut -d'"' -f4)
  runc --root "$root/runc/$space" delete --force "$id" >/dev/null 2>&1
  if [ -n "$netns" ]; then
    umount "$netns" 2>/dev/null
    rm -f "$netns"
  fi
  rm -f /var/lib/cni/results/*-"$id"-eth0 /var/lib/cni/results/*-"$id"-lo
  address=$(cat "$bundle/address" 2>/dev/null)
  [ -z "$address" ] || rm -f "${address#unix://}"
done

for directory in /proc/[0-9]*; do
  case $({ tr '\0' ' ' <"$directory/cmdline"; } 2>/dev/null) in
    *containerd-shim*" -address $root/containerd.sock"*) kill -KILL "${directory#/proc/}" 2>/dev/null ;;
  esac
done

# runc leaves the parent of its cgroups. It can be removed only when empty, so another containerd's containers are safe.
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*/; do
  rmdir "$hierarchy/k8s.io" 2>/dev/null
done

# Inner mounts last made, first gone.
tac /proc/mounts | cut -d' ' -f2 | grep -F "$root/" | while read -r mount; do
  umount "$mount" 2>/dev/null || umount -l "$mount"
done

if [ "$keep" = --keep-images ]; then
  # What containerd still knows of containers is then as after a reboot of the machine: it finds them ended.
  rm -rf "$root/state" "$root/runc" "$root/containerd.sock" "$root/containerd.sock.ttrpc" "$root/containerd.pid"
else
  rm -rf "$root"
fi

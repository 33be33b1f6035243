#!/bin/sh
# usage: infra/containerd-config.sh ROOT [CNI_BIN_DIR]
# Prints the configuration of a containerd of our own that keeps everything below ROOT, for `containerd --config`:
#   ROOT/containerd.sock  its only socket        ROOT/root, ROOT/state  images and running state
#   ROOT/cni/net.d        the network's configuration, written by the node agent
#   ROOT/runc             runc's state
# infra/containerd-cleanup.sh ROOT takes it all away again.
# Used by ./up and by the tests.
set -eu
[ $# -ge 1 ] || { echo "usage: $0 ROOT [CNI_BIN_DIR]" >&2; exit 2; }
root=$1
cni_bin=${2:-/usr/lib/cni}
# containerd fails to start tasks through sockets whose path is too long for the kernel (108 bytes); say so here instead.
[ ${#root} -le 80 ] || { echo "$0: the path is too long for a Unix socket: $root" >&2; exit 2; }

cat <<TOML
version = 2
root = "$root/root"
state = "$root/state"

# What CRI on overlayfs does not use; each of these probes devices, or holds memory.
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp",
]

[grpc]
  address = "$root/containerd.sock"
  max_recv_message_size = 16777216
  max_send_message_size = 16777216

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "cloudplane.local/pause:1"
  # A score below our own can't be set where we lack CAP_SYS_RESOURCE (a container, a test machine): clamp it instead of failing.
  restrict_oom_score_adj = true
  # exec, attach and port-forward: loopback only, any free port; the agent is the only one to know the URLs.
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  enable_tls_streaming = false
  # Longer lines are written as partial ones (P), which the log reader joins.
  max_container_log_line_size = 16384

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$cni_bin"
    conf_dir = "$root/cni/net.d"
    max_conf_num = 1

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        # Not the default /run/containerd/runc, which the containerds of a machine share.
        Root = "$root/runc"
TOML

# The parts of a cluster on one machine: processes, nodes, networks. Sourced by ./up after steps.sh, with
# repository, data, port and nodes set. Everything that it makes carries the cluster's short id, so that several
# clusters live beside each other and --stop finds exactly what belongs to this one.
#
# The control plane's form, standalone.sh or cloud.sh, adds to it: form_packages, build_form, start_control_plane,
# stop_control_plane, agent_environment and join_token.

cluster_names() {
  local sum
  sum=$(printf '%s' "$data" | cksum | cut -d' ' -f1)
  id=$(printf '%04x' $((sum % 65536)))
  bridge="cp$id"
  # One /24 of 172.30.0.0/16 for the nodes of this cluster; the host is .1 and node-1, node-N is .N+1.
  node_network="172.30.$((sum % 256))"
  host_address="$node_network.1"
  server="https://127.0.0.1:$port"
  binaries="$repository/artifacts/bin"
  export KUBECONFIG="$data/admin.kubeconfig"
}

# A directory's cluster keeps its port, unless another is asked for; not while it runs, as its nodes dial that one.
choose_port() {
  local kept
  kept=$(cat "$data/port" 2>/dev/null || true)
  port=${port:-${kept:-6443}}
  [ "$stop" = no ] || return 0
  if [ -n "$kept" ] && [ "$kept" != "$port" ] && { alive control-plane || alive functions-host; }; then
    fail "the cluster in $data runs on port $kept" "leave out --port, or stop it first: ./up --stop"
  fi
  echo "$port" >"$data/port"
}

# A directory's cluster keeps its form, so that --stop needs no --cloud.
choose_form() {
  local kept=$form
  [ ! -e "$data/form" ] || kept=$(cat "$data/form")
  # Made before there was a choice.
  [ -e "$data/form" ] || [ ! -e "$data/pki" ] || kept=standalone
  if [ "$stop" = yes ]; then
    form=$kept
  elif [ "$kept" = "$form" ]; then
    echo "$form" >"$data/form"
  else
    fail "the cluster in $data is of the $kept form" "choose another directory (--data DIR), or $([ "$kept" = cloud ] && echo "add" || echo "leave out") --cloud"
  fi
}

# ---- prerequisites -------------------------------------------------------------------------------------------

install_prerequisites() {
  local missing=()
  need() { [ -n "$(command -v "$1" || true)" ] || [ -e "$1" ] || missing+=("$2"); }
  need containerd containerd
  need runc runc
  need /usr/lib/cni/bridge containernetworking-plugins
  need nft nftables
  need ip iproute2
  need conntrack conntrack
  need /bin/busybox busybox-static
  need curl curl
  local program package
  while read -r program package; do need "$program" "$package"; done < <(form_packages)
  ldconfig -p | grep 'libsqlite3\.so\.0' >/dev/null || missing+=(libsqlite3-0)
  command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing" "install it (https://dot.net), so that 'dotnet --version' says 10"

  if [ ${#missing[@]} -gt 0 ]; then
    progress "installing ${missing[*]}"
    update_packages
    # The package starts its own containerd; ours is another instance, with its own root and socket.
    logged apt-install.log env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
    note "installed ${missing[*]}"
  else
    note "nothing missing"
  fi
  command -v kubectl >/dev/null || install_kubectl
}

# Once per run: the lists of a fresh machine are empty.
update_packages() {
  [ -z "${packages_updated:-}" ] || return 0
  logged apt-update.log apt-get update -q
  packages_updated=yes
}

# Named kubectl by Kubernetes' own repository and by Google's, kubernetes-client by Debian and Ubuntu.
install_kubectl() {
  local package=kubernetes-client before=${step_note:-} version
  progress "installing kubectl"
  update_packages
  ! has_candidate kubectl || package=kubectl
  has_candidate "$package" || fail "no package source has a kubectl" \
    "install one of 1.27 or newer (https://kubernetes.io/docs/tasks/tools/) and run ./up again"
  logged apt-kubectl.log env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$package"
  hash -r
  version=$(kubectl_minor)
  if [ -n "$version" ] && [ "$version" -lt 27 ]; then
    package+=", a kubectl of 1.$version: it does for the demo, but use one of 1.27 or newer (https://kubernetes.io/docs/tasks/tools/)"
  fi
  case $before in
    installed*) note "$before, $package" ;;
    *) note "installed $package" ;;
  esac
}

# has_candidate PACKAGE: whether apt could install it. It says "(none)" of a name that it only knows from others' dependencies.
# Not grep -q, which ends the writer of its pipe by a signal, and pipefail takes that for "no".
has_candidate() { apt-cache policy "$1" 2>/dev/null | grep '^ *Candidate: [^(]' >/dev/null; }

# The 20 of a kubectl 1.20.2; empty when it does not say.
kubectl_minor() { kubectl version --client -o json 2>/dev/null | sed -n 's/.*"minor": *"\([0-9]*\).*/\1/p' | head -n 1; }

# ---- build ---------------------------------------------------------------------------------------------------

build() {
  if up_to_date .built functions node-agent host.json; then
    note "up to date"
  else
    progress "dotnet publish"
    logged build.log dotnet publish "$repository/functions/CloudPlane.Functions" -c Release --use-current-runtime -o "$binaries/control-plane" -nologo
    logged build.log dotnet publish "$repository/node-agent/CloudPlane.Agent" -c Release --use-current-runtime -o "$binaries/agent" -nologo
    touch "$repository/artifacts/.built"
  fi
  build_form
}

# up_to_date STAMP SOURCE...: whether no source is newer than the last build: a check by MSBuild alone takes seconds.
up_to_date() {
  local stamp="$repository/artifacts/$1"
  shift
  [ -e "$stamp" ] && [ -z "$(cd "$repository" && find "$@" Directory.* global.json \
    \( -name obj -o -name bin -o -name node_modules \) -prune -o -type f -newer "$stamp" -print -quit)" ]
}

# ---- processes -----------------------------------------------------------------------------------------------

# alive NAME: whether the process of that pid file runs, and is really ours (pids are reused).
alive() {
  local pid line attempt
  pid=$(cat "$data/run/$1.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
  for attempt in 1 2 3 4 5; do
    # The process may end while we look: the braces take the shell's own complaint along.
    line=$({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null) || return 1
    if [ -n "$line" ]; then
      [[ $line == *"$data"* ]]
      return
    fi
    # Empty for a moment while it becomes another program (setsid, nsenter, env), and for good once it is dead.
    sleep 0.02
  done
  return 1
}

# launch NAME COMMAND...: starts it detached, with a pid file and a log. Its command line must name $data.
launch() {
  local name=$1
  shift
  mkdir -p "$data/run" "$data/log"
  setsid "$@" >>"$data/log/$name.log" 2>&1 </dev/null &
  echo $! >"$data/run/$name.pid"
}

# terminate NAME SECONDS: SIGTERM, and SIGKILL when that was not enough.
terminate() {
  local name=$1 pid
  if alive "$name"; then
    pid=$(cat "$data/run/$name.pid")
    kill -TERM "$pid" 2>/dev/null || true
    wait_until "$2" not_alive "$name" || kill -KILL "$pid" 2>/dev/null || true
    wait_until 2 not_alive "$name" || true
  fi
  rm -f "$data/run/$name.pid"
}

not_alive() { ! alive "$1"; }

# ---- the API server ------------------------------------------------------------------------------------------

api_ready() { curl -fsS --max-time 2 --cacert "$data/pki/ca.crt" "$server/readyz" >/dev/null 2>&1; }
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# await_api PROCESS SECONDS: until it answers; ends the run when the process ends or takes longer.
await_api() {
  wait_until "$2" api_ready_or_dead "$1" || fail "the control plane did not answer in $2 s" "see $data/log/$1.log"
  alive "$1" || {
    tail -n 5 "$data/log/$1.log" >&2
    fail "the control plane ended" "see $data/log/$1.log"
  }
}

api_ready_or_dead() { not_alive "$1" || api_ready; }

# ---- network between the nodes -------------------------------------------------------------------------------

start_network() {
  if ! ip link show "$bridge" >/dev/null 2>&1; then
    ip link add "$bridge" type bridge
    ip addr add "$host_address/24" dev "$bridge"
    ip link set "$bridge" up
  fi
  echo 1 >/proc/sys/net/ipv4/ip_forward
  # Nodes in namespaces reach the world (to pull images) through the host.
  nft -f - <<NFT
table ip cloudplane-up-$id
delete table ip cloudplane-up-$id
table ip cloudplane-up-$id {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ip saddr $node_network.0/24 ip daddr != { $node_network.0/24, 10.0.0.0/8 } oifname != "$bridge" masquerade
  }
}
NFT
}

# start_namespace N: the network namespace of node-N (N > 1), wired to the bridge.
start_namespace() {
  local namespace="cp-$id-$1" link="cp$id-$1"
  ip netns list | grep -q "^$namespace\b" && return
  ip netns add "$namespace"
  ip link add "$link" type veth peer name eth0 netns "$namespace"
  ip link set "$link" master "$bridge" up
  ip -n "$namespace" link set lo up
  ip -n "$namespace" addr add "$node_network.$(($1 + 1))/24" dev eth0
  ip -n "$namespace" link set eth0 up
  ip -n "$namespace" route add default via "$host_address"
}

# ---- nodes ---------------------------------------------------------------------------------------------------

# in_node N COMMAND...: runs it in the node's network. nsenter, not 'ip netns exec', which remounts /sys and hides the cgroups.
in_node() {
  local n=$1
  shift
  if [ "$n" = 1 ]; then "$@"; else nsenter --net="/run/netns/cp-$id-$n" "$@"; fi
}

start_node() {
  local n=$1 name="node-$1" directory="$data/nodes/node-$1" address="$host_address"
  if alive "agent-$n" && alive "containerd-$n"; then
    note "already running"
    return
  fi
  if [ "$n" != 1 ]; then
    start_namespace "$n"
    address="$node_network.$((n + 1))"
  fi
  start_containerd "$n" "$directory"
  import_images "$n" "$directory"
  alive "agent-$n" && return
  local token
  token=$(join_token) || fail "no join token could be made" "see the message above, and $data/log"
  CLOUDPLANE_TOKEN=$token in_node_launch "$n" "agent-$n" env $(agent_environment) "$binaries/agent/cloudplane-node" run --server "https://$host_address:$port" \
    --ca "$data/pki/ca.crt" --name "$name" --data "$directory" --containerd "$directory/containerd/containerd.sock" \
    $(node_network_flags "$n" "$directory") --node-ip "$address"
}

# What run and reset have to agree on. node-1's bridge is in the machine's own namespace, so its name carries the cluster's id.
node_network_flags() {
  printf -- '--cni-conf-dir %s --bridge %s' "$2/containerd/cni/net.d" "$([ "$1" = 1 ] && echo "cp$id-pods" || echo cloudplane0)"
}

in_node_launch() {
  local n=$1 process=$2
  shift 2
  if [ "$n" = 1 ]; then launch "$process" "$@"; else launch "$process" nsenter --net="/run/netns/cp-$id-$n" "$@"; fi
}

start_containerd() {
  local n=$1 root="$2/containerd"
  alive "containerd-$n" && return
  mkdir -p "$root/cni/net.d"
  "$repository/infra/containerd-config.sh" "$root" >"$root/config.toml"
  in_node_launch "$n" "containerd-$n" containerd --config "$root/config.toml"
  # infra/containerd-cleanup.sh looks for it here.
  cp "$data/run/containerd-$n.pid" "$root/containerd.pid"
  wait_until 20 containerd_answers "$2" || fail "containerd of node-$n did not start" "see $data/log/containerd-$n.log"
}

containerd_answers() { ctr_of "$1" version >/dev/null; }

ctr_of() {
  local directory=$1
  shift
  ctr --address "$directory/containerd/containerd.sock" --namespace k8s.io "$@" 2>&1
}

# The images that a cluster without internet needs: the sandbox's, the demo's and a plain busybox, all made on this machine.
import_images() {
  local directory=$2 image present
  [ -e "$data/images/busybox.tar" ] || logged images.log "$repository/infra/images/build-all.sh" "$data/images"
  present=$(ctr_of "$directory" images ls -q)
  for image in pause hello busybox; do
    grep -q "^cloudplane.local/$image:1\$" <<<"$present" ||
      logged "image-$image.log" ctr_of "$directory" images import "$data/images/$image.tar"
  done
}

wait_for_nodes() {
  local ended=
  wait_until 60 nodes_are_ready_or_one_has_ended && [ -z "$ended" ] || {
    kubectl get nodes >&2 || true
    [ -z "$ended" ] || tail -n 5 "$data/log/$ended.log" >&2
    fail "${ended:+$ended ended; }not all $nodes nodes are Ready" "see $data/log/agent-*.log"
  }
  note "$nodes"
}

nodes_are_ready_or_one_has_ended() {
  local n
  for n in $(seq 1 "$nodes"); do
    alive "agent-$n" || ended="agent-$n"
  done
  [ -n "$ended" ] || nodes_are_ready
}

nodes_are_ready() {
  local ready
  ready=$(kubectl get nodes --no-headers 2>/dev/null | awk '$2 == "Ready"' | wc -l)
  progress "$ready of $nodes"
  [ "$ready" -ge "$nodes" ]
}

# ---- demo ----------------------------------------------------------------------------------------------------

run_demo() {
  logged demo.log kubectl apply -f "$repository/examples/hello.yaml"
  wait_until 60 demo_is_ready || {
    kubectl get pods -o wide >&2 || true
    fail "the demo's pods are not ready after 60 s" "see: kubectl describe pods -l app=hello"
  }
  local address=
  wait_until 20 demo_answers || fail "the demo's pod ${address:+at $address }does not answer" "see: kubectl logs -l app=hello"
  note "http://$address:8080/ says: $(curl -fsS --max-time 3 "http://$address:8080/" | head -n 1)"
}

demo_is_ready() {
  local ready
  ready=$(kubectl get deployment hello -o 'jsonpath={.status.readyReplicas}' 2>/dev/null)
  progress "${ready:-0} of 3 pods ready"
  [ "${ready:-0}" -ge 3 ]
}

# Asks for the address each time: of a cluster that was stopped the API shows the pods as they were until their nodes have started them anew.
demo_answers() {
  address=$(kubectl get pods -l app=hello --field-selector status.phase=Running -o 'jsonpath={.items[0].status.podIP}' 2>/dev/null) &&
    [ -n "$address" ] && answers "http://$address:8080/"
}

answers() { curl -fsS --max-time 2 "$1" >/dev/null 2>&1; }

# ---- stop ----------------------------------------------------------------------------------------------------

stop_cluster() {
  local directory n
  for directory in "$data"/nodes/node-*; do
    [ -d "$directory" ] || continue
    n=${directory##*-}
    step "Stop node-$n" stop_node "$n" "$directory"
  done
  step "Stop the control plane" stop_control_plane
  step "Remove the network" stop_network
}

stop_node() {
  local n=$1 directory=$2
  terminate "agent-$n" 10
  # While containerd still runs: only it gives back what half-removed pods hold. The cleanup ends what that left.
  in_node "$n" "$binaries/agent/cloudplane-node" reset --name "node-$n" --data "$directory" \
    --containerd "$directory/containerd/containerd.sock" $(node_network_flags "$n" "$directory") >"$data/log/reset-$n.log" 2>&1 ||
    note "something may be left, see $data/log/reset-$n.log"
  "$repository/infra/containerd-cleanup.sh" "$directory/containerd" --keep-images
  rm -f "$data/run/containerd-$n.pid"
  unmount_below "$directory"
  if [ "$n" != 1 ]; then
    ip link del "cp$id-$n" 2>/dev/null || true
    ip netns del "cp-$id-$n" 2>/dev/null || true
  fi
}

# Volumes in memory (Secrets, emptyDir with medium Memory) of pods that the agent had no time to end.
unmount_below() {
  awk -v prefix="$1/" 'index($2, prefix) == 1 { print $2 }' /proc/self/mounts | sort -r | while read -r mount; do
    umount -l "$mount" 2>/dev/null || true
  done
}

stop_network() {
  ip link del "$bridge" 2>/dev/null || true
  nft delete table ip "cloudplane-up-$id" 2>/dev/null || true
}

# The control plane as one process of ours. Sourced by ./up after cluster.sh.

form_packages() { :; }

build_form() { :; }

start_control_plane() {
  if alive control-plane && api_ready; then
    note "already running on $server"
    return
  fi
  # The nodes' bridge must have its address before the server can listen on it.
  start_network
  if ! alive control-plane && port_taken "$port"; then
    fail "port $port on 127.0.0.1 is taken by another program" "choose another: ./up --port N"
  fi
  alive control-plane || launch control-plane "$binaries/control-plane/cloudplane" serve --data "$data" \
    --listen "127.0.0.1:$port,$host_address:$port"
  await_api control-plane 30
  note "$server"
}

stop_control_plane() { terminate control-plane 15; }

agent_environment() { :; }

join_token() { "$binaries/control-plane/cloudplane" token create --data "$data" --ttl 10m; }

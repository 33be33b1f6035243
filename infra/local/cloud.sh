# The control plane as a function app, with what stands in for Azure on this machine: Azurite for its tables, and the doubles
# of the Functions host and of Service Bus (tests/). Sourced by ./up after cluster.sh.

# Azurite's own, which everybody knows.
azurite_account=devstoreaccount1
azurite_key=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==

form_packages() { printf '%s\n' 'node nodejs' 'npm npm' 'openssl openssl'; }

build_form() {
  local before=${step_note:-built}
  if up_to_date .built-cloud tests/CloudPlane.FunctionsHostDouble tests/CloudPlane.ServiceBusDouble &&
    [ -d "$repository/tests/CloudPlane.Azurite/node_modules/azurite" ]; then
    return
  fi
  progress "npm ci"
  [ -d "$repository/tests/CloudPlane.Azurite/node_modules/azurite" ] ||
    logged npm.log npm ci --prefix "$repository/tests/CloudPlane.Azurite" --no-audit --no-fund --loglevel error
  progress "dotnet publish of the doubles"
  logged build-cloud.log dotnet publish "$repository/tests/CloudPlane.FunctionsHostDouble" -c Release -o "$binaries/functions-host" -nologo
  touch "$repository/artifacts/.built-cloud"
  note "$before, with what stands in for Azure"
}

start_control_plane() {
  if alive azurite && alive functions-host && api_ready; then
    note "already running on $server"
    return
  fi
  # The nodes' bridge must have its address before the doubles can listen on it.
  start_network
  if ! alive functions-host && port_taken "$port"; then
    fail "port $port on 127.0.0.1 is taken by another program" "choose another: ./up --cloud --port N"
  fi
  choose_ports
  make_certificates
  start_azurite
  alive functions-host || start_functions_host
  await_api functions-host 60
  # What the timer would do within 30 minutes: after a stop nothing is left in the queues.
  curl -fsS --max-time 30 -X POST "http://127.0.0.1:$admin_port/timers/Seed" >/dev/null || fail "the timer Seed failed" "see $data/log/functions-host.log"
  write_kubeconfig
  note "$server, Azurite on port $tables_port, Service Bus on $bus_port, admin of the doubles on $admin_port"
}

stop_control_plane() {
  terminate functions-host 15
  terminate azurite 15
}

# What agents have in their environment beside their token.
agent_environment() { printf 'SSL_CERT_FILE=%s' "$data/pki/ca.crt"; }

join_token() { cluster_command join-token default --ttl 10m; }

# cluster_command ARGUMENT...: as the administrator of the deployment.
cluster_command() {
  local token
  token=$(CLOUDPLANE_SIGNING_KEY=$(cat "$data/signing.key") "$binaries/control-plane/cloudplane" deployment token --ttl 10m)
  CLOUDPLANE_TOKEN=$token "$binaries/control-plane/cloudplane" cluster "$@" --server "$server" --ca "$data/pki/ca.crt"
}

# Kept over a restart: nodes remember where the bus is. Below the range that the kernel takes ports for clients from.
choose_ports() {
  [ ! -e "$data/ports" ] || . "$data/ports"
  alive azurite || ! port_taken "${tables_port:-0}" || tables_port=
  alive functions-host || ! port_taken "${bus_port:-0}" || bus_port=
  alive functions-host || ! port_taken "${admin_port:-0}" || admin_port=
  tables_port=${tables_port:-$(free_port)}
  bus_port=${bus_port:-$(free_port)}
  admin_port=${admin_port:-$(free_port)}
  printf 'tables_port=%s\nbus_port=%s\nadmin_port=%s\n' "$tables_port" "$bus_port" "$admin_port" >"$data/ports"
}

free_port() {
  local candidate
  while candidate=$((20000 + SRANDOM % 10000)) && port_taken "$candidate"; do :; done
  echo "$candidate"
}

# A CA of this cluster's own, and the certificate that Azure's front end would bring along.
make_certificates() (
  umask 077
  mkdir -p "$data/pki"
  cd "$data/pki"
  [ -e ca.crt ] || logged pki.log openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -keyout ca.key -out ca.crt -config <(
    printf '%s\n' '[req]' distinguished_name=name x509_extensions=ca prompt=no '[name]' "CN=cloudplane-up-$id" \
      '[ca]' basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,cRLSign subjectKeyIdentifier=hash
  )
  if [ -e server.crt ] && openssl x509 -in server.crt -noout -checkend 2592000 >/dev/null; then return; fi
  logged pki.log openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr -config <(
    printf '%s\n' '[req]' distinguished_name=name prompt=no '[name]' CN=cloudplane
  )
  logged pki.log openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out server.crt -extfile <(
    printf '%s\n' "subjectAltName=IP:127.0.0.1,IP:$host_address,DNS:localhost" extendedKeyUsage=serverAuth keyUsage=critical,digitalSignature
  )
)

start_azurite() {
  alive azurite && return
  mkdir -p "$data/run"
  # Secrets are in it.
  mkdir -p -m 700 "$data/azurite"
  rm -f "$data/run/azurite.stdin"
  mkfifo "$data/run/azurite.stdin"
  # It ends with its standard input; a pipe that it holds open itself has no end.
  launch azurite bash -c 'cd "$1" && exec node start.js "$2" "$3" 0<>"$4"' azurite \
    "$repository/tests/CloudPlane.Azurite" "$tables_port" "$data/azurite/tables.json" "$data/run/azurite.stdin"
  wait_until 60 port_taken_or_dead || fail "Azurite did not start in 60 s" "see $data/log/azurite.log"
  alive azurite || fail "Azurite ended" "see $data/log/azurite.log"
}

port_taken_or_dead() { not_alive azurite || port_taken "$tables_port"; }

start_functions_host() {
  [ -e "$data/signing.key" ] || (umask 077 && openssl rand -base64 32 >"$data/signing.key")
  write_settings
  mkdir -p "$data/log/handlers"
  launch functions-host "$binaries/functions-host/functions-host-double" --app "$binaries/control-plane" --logs "$data/log/handlers" \
    --settings "$data/settings" --listen "127.0.0.1,$host_address" --port "$port" --bus-port "$bus_port" --admin-port "$admin_port" \
    --tls-cert "$data/pki/server.crt" --tls-key "$data/pki/server.key" --idle "${CLOUDPLANE_IDLE_SECONDS:-60}"
}

# The app settings. Agents get the bus' address from the app, so it is one that nodes in namespaces reach too; they and the app
# trust the bus' certificate as one of the system's, which Azure's is. Heartbeats are closer together than Azure's prices would
# let them be: a dead node is noticed while one watches.
write_settings() (
  umask 077
  cat >"$data/settings" <<TEXT
CLOUDPLANE_TABLES_ENDPOINT=http://127.0.0.1:$tables_port/$azurite_account
CLOUDPLANE_TABLES_KEY=$azurite_account:$azurite_key
CLOUDPLANE_BUS_ENDPOINT=https://$host_address:$bus_port
CLOUDPLANE_BUS_KEY={bus-key}
CLOUDPLANE_SIGNING_KEY=$(cat "$data/signing.key")
CLOUDPLANE_PUBLIC_URL=$server
CLOUDPLANE_HEARTBEAT=${CLOUDPLANE_HEARTBEAT:-10s}
CLOUDPLANE_NODE_GRACE=${CLOUDPLANE_NODE_GRACE:-40s}
CLOUDPLANE_POD_CIDR=${CLOUDPLANE_POD_CIDR:-10.244.0.0/16}
SSL_CERT_FILE=$data/pki/ca.crt
ServiceBusConnection__fullyQualifiedNamespace=$host_address
AzureWebJobsStorage=UseDevelopmentStorage=true
TEXT
)

# Once: what else is in it (a default namespace, other clusters) is its user's.
write_kubeconfig() (
  umask 077
  if grep -qF "server: $server" "$KUBECONFIG" 2>/dev/null; then return; fi
  cluster_command kubeconfig default >"$KUBECONFIG.new"
  mv "$KUBECONFIG.new" "$KUBECONFIG"
)

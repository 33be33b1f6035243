#!/bin/sh
# Serves a page that tells which pod answered; a mounted /www/custom/message (e.g. from a ConfigMap) is added. PORT: default 8080.
set -eu
port=${PORT:-8080}
{
  echo "Hello from ${HOSTNAME:-$(hostname)}"
  [ ! -f /www/custom/message ] || cat /www/custom/message
} >/www/index.html
echo "serving on port $port"
# httpd as process 1 would never get SIGTERM, for which it has no handler: the kernel shields process 1 from default actions.
httpd -f -v -p "$port" -h /www &
trap 'kill $!; echo stopped; exit 0' TERM INT
wait $!

#!/bin/sh
# Runs the server as PID 1 and as the user rabbitmq. RABBITMQ_DEFAULT_USER, _PASS and _VHOST are read by
# the server itself; configuration may be mounted into /etc/rabbitmq/conf.d.
set -e
if [ "$(id -u)" = 0 ]; then
  case ${1-} in
    rabbitmq*)
      # A fresh volume belongs to root.
      find /var/lib/rabbitmq \! -user rabbitmq -exec chown rabbitmq:rabbitmq '{}' +
      exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups "$0" "$@"
      ;;
  esac
fi
exec "$@"

#!/bin/sh
# users.sh VHOST: one broker user per service with just enough rights, passwords from {SERVICE}_AMQP_PASSWORD.
# Run it where rabbitmqctl reaches the node, after `pitboss topology apply` (which needs an administrator's address).
# A service may make nothing but the exclusive queue of its own process (amq_...), tell on the two exchanges and read
# its own queues.
set -eu
vhost=$1
ctl=${RABBITMQCTL:-rabbitmqctl --quiet}
for service in gateway tickets chat sla notifications intake; do
  name=$(printf %s "$service" | tr '[:lower:]' '[:upper:]')_AMQP_PASSWORD
  password=$(printenv "$name") || { echo "$name is not set" >&2; exit 1; }
  $ctl add_user "$service" "$password" 2>/dev/null || $ctl change_password "$service" "$password"
  $ctl set_permissions --vhost "$vhost" "$service" \
    '^amq[._].*' \
    '^(amq[._].*|pitboss\.(events|live))$' \
    "^(amq[._].*|pitboss\\.(events|live)|$service\\.(events|dead))\$"
done

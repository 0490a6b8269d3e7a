#!/bin/sh
set -e
if [ "$1" = configure ]; then
  if ! getent passwd breakwater-agent >/dev/null; then
    adduser --system --group --quiet --home /var/lib/breakwater-agent --no-create-home breakwater-agent
  fi
  install -d -o root -g root -m 0755 /etc/breakwater-agent/operators.d /etc/breakwater-agent/enrolled-operators.d
  install -d -o root -g root -m 0755 /etc/breakwater-agent/hooks /etc/breakwater-agent/hooks/drain.d /etc/breakwater-agent/hooks/undrain.d
  install -d -o breakwater-agent -g breakwater-agent -m 0750 /var/lib/breakwater-agent
  install -d -o root -g root -m 0755 /var/lib/breakwater-executor
  install -d -o root -g root -m 0700 /var/lib/breakwater-executor/executions
  if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl enable --quiet breakwater-agent.service breakwater-agent-probe.service breakwater-executor.service breakwater-executor.socket
    systemctl start breakwater-executor.socket
  fi
  # An executor at work is never stopped: it runs on with the files of its own version.
  /usr/lib/breakwater-agent/payload/upgrade install
fi

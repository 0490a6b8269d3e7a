#!/bin/sh
set -e
if [ "$1" = remove ]; then
  if [ -d /run/systemd/system ]; then
    systemctl disable --now --quiet breakwater-agent-probe.service breakwater-agent.service breakwater-executor.socket breakwater-executor.service || true
  fi
  # dpkg does not know them; it would leave the directory behind for them.
  rm -rf /usr/lib/breakwater-agent/versions /usr/lib/breakwater-agent/current
  rm -f /var/lib/breakwater-executor/upgrade.json /var/lib/breakwater-executor/upgrade-pending /var/lib/breakwater-executor/upgrade-lock
fi

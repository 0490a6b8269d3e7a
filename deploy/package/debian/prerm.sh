#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl disable --now --quiet breakwater-agent.service breakwater-executor.socket breakwater-executor.service || true
fi

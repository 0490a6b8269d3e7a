#!/bin/sh
# Prints what systemd thinks of each unit's sandbox (0 is tight, 10 is none).
cd "$(dirname "$0")" || exit 1
for unit in breakwater-agent breakwater-executor breakwater-controller; do
  printf '%s: ' "$unit"
  systemd-analyze security --offline=true "./$unit.service" | tail -n 1
done

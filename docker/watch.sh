#!/bin/sh
# The candor service: watch with the configuration that lies beside docker-compose.yml.
set -eu
if [ ! -f /config/candor.toml ]; then
  echo "There is no config/candor.toml yet, so there is nothing to crawl." >&2
  echo "Put yours there (docs/compose.md), or look at the sample: docker compose --profile sample up -d" >&2
  exit 0
fi
# The state (locks, spool, key) lies beside the configuration: so a copy, on the volume that may be written to.
cp /config/candor.toml /var/lib/candor/candor.toml
exec candor watch --config /var/lib/candor/candor.toml --log-json

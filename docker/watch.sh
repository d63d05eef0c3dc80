#!/bin/sh
# The candor service: watch with the configuration that lies beside docker-compose.yml.
set -eu
if [ ! -f /config/candor.toml ]; then
  echo "There is no config/candor.toml yet, so there is nothing to crawl." >&2
  echo "Put yours there (docs/compose.md), or look at the sample: docker compose --profile sample up -d" >&2
  exit 0
fi
# The configuration stays where the files that it names lie; the state (locks, key) is on the volume that may be written to.
export CANDOR_STATE="${CANDOR_STATE:-/var/lib/candor/.candor}"
exec candor watch --config /config/candor.toml --log-json

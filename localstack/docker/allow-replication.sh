#!/bin/sh
# Run once by the image, when it makes its data: lets the standby stream.
set -eu
echo 'host replication postgres all scram-sha-256' >> "$PGDATA/pg_hba.conf"

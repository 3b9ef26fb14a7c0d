#!/bin/sh
# Tells the next high water of each station. The table has the name, and its first high water of the day in minutes.
set -eu
cd "$(dirname "$0")"
high_water_interval=745 # minutes: 12 h 25 min

check() {
  awk -F'\t' 'NF != 2 || $2 !~ /^[0-9]+$/ || $2 >= 1440 { print "stations.tsv:" NR ": not a station and its minutes"; exit 1 }' stations.tsv
}

tell() {
  awk -F'\t' -v now="$1" -v interval="$high_water_interval" '{
    next_one = $2
    while (next_one < now) next_one += interval
    printf "%-12s next high water %02d:%02d\n", $1, int(next_one / 60) % 24, next_one % 60
  }' stations.tsv
}

case "${1:-}" in
  --check) check && echo "$(wc -l < stations.tsv) stations" ;;
  *) tell "${1:-720}" ;;
esac

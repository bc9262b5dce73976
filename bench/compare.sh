#!/usr/bin/env bash
# Measures the aims of bench/README.md as ratios on this machine. Needs Debian's zstd; takes 4 GB in FOLDER.
# Usage: bench/compare.sh [FOLDER] [RUNS]
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-/tmp/ocdbtsharp-bench}
runs=${2:-5}
dotnet build bench/Workloads -c Release -v q >/dev/null
workloads=artifacts/bin/Workloads/release/Workloads
"$workloads" make "$folder"

# What is saved goes past the page cache. A copy lies in it as a checkpoint does that was downloaded, or saved by another program.
for set in f32-zarr2-zstd bf16-zarr2-zstd f32-zarr3-zstd bf16-zarr3-zstd f32-zarr2-raw; do
  cp -r "$folder/$set" "$folder/copy"
  rm -rf "${folder:?}/$set"
  mv "$folder/copy" "$folder/$set"
done

# One number of a JSON line.
number() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p"; }
# MB/s of C's zstd at level 1 on one core: $2 = 1 encoding, 2 decoding.
zstd_rate() { zstd -b1 -i2 "$folder/$1.bin" 2>&1 | tr '\r' '\n' | grep -oE '[0-9.]+ MB/s' | awk '{print $1}' | tail -2 | sed -n "$2p"; }
# workload, what it is measured by, seconds, seconds of the yardstick, aim
row() { awk -v w="$1" -v y="$2" -v s="$3" -v t="$4" -v a="$5" 'BEGIN { printf "| %s | %.3f s | %s: %.3f s | %.2f | %s |\n", w, s, y, t, t / s, a }'; }
# Hosts of virtual machines take back memory that lies free and give it again slowly: the runs before the measured ones pay for that.
measure() {
  "$workloads" "$@" --runs 3 >/dev/null
  "$workloads" "$@" --runs "$runs"
}

echo "| workload | time | yardstick | ratio | aim |"
echo "|---|---|---|---|---|"
for set in f32-zarr2-zstd bf16-zarr2-zstd f32-zarr3-zstd bf16-zarr3-zstd; do
  line=$(measure restore "$folder/$set")
  rate=$(zstd_rate "${set%%-*}" 2)
  bytes=$(number bytes <<<"$line")
  two=$(awk -v b="$bytes" -v r="$rate" 'BEGIN { print b / r / 2e6 }')
  one=$(awk -v b="$bytes" -v r="$rate" 'BEGIN { print b / r / 1e6 }')
  row "restore $set" "zstd -b, two cores" "$(number min_s <<<"$line")" "$two" ">= 0.70"
  row "restore $set, processor time" "zstd -b" "$(number min_cpu_s <<<"$line")" "$one" ""
  awk -v p="$(number peak_rss_bytes <<<"$line")" -v b="$bytes" -v w="$set" 'BEGIN { printf "| restore %s, peak memory / payload | | | %.2f | <= 1.10 |\n", w, p / b }'
done
yardstick=$(measure yardstick "$folder/yardstick" | head -7)
yard() { grep "\"$1\"" <<<"$yardstick" | number min_s; }
line=$(measure restore "$folder/f32-zarr2-raw")
row "restore f32-zarr2-raw" "page-cache read, one thread" "$(number min_s <<<"$line")" "$(yard page-cache-read-warm-1)" ">= 0.80"
row "restore f32-zarr2-raw" "page-cache read, two threads, fresh memory" "$(number min_s <<<"$line")" "$(yard page-cache-read-fresh-2)" ""
line=$(measure map "$folder/f32-zarr2-raw" | head -1)
awk -v s="$(number min_s <<<"$line")" 'BEGIN { printf "| map f32-zarr2-raw | %.4f s | | | |\n", s }'
line=$(measure restore "$folder/many-10k")
awk -v s="$(number min_s <<<"$line")" -v c="$(number min_cpu_s <<<"$line")" 'BEGIN { printf "| restore many-10k | %.3f s (%.3f s of processor time) | | | <= 0.06 s |\n", s, c }'
line=$(measure save "$folder/f32-zarr2-zstd" "$folder/saved")
bytes=$(number bytes <<<"$line")
row "save f32, zstd" "zstd -b encoding, two cores" "$(number min_s <<<"$line")" "$(awk -v b="$bytes" -v r="$(zstd_rate f32 1)" 'BEGIN { print b / r / 2e6 }')" ">= 1.2"
line=$(measure save "$folder/f32-zarr2-raw" "$folder/saved" --compression none)
row "save f32, uncompressed" "file write with fsync" "$(number min_s <<<"$line")" "$(yard file-write-fsync)" ">= 1.0"
line=$(measure save "$folder/many-10k" "$folder/saved")
awk -v s="$(number min_s <<<"$line")" 'BEGIN { printf "| save many-10k | %.3f s | | | <= 0.15 s |\n", s }'
line=$(measure slice "$folder/sharded")
awk -v r="$(number bytes_read <<<"$line")" -v c="$(number inner_chunk_bytes_touched <<<"$line")" 'BEGIN { printf "| slice of 1,000 rows, bytes read / inner chunks touched | | | %.2f | <= 1.20 |\n", r / c }'
rm -rf "$folder/saved" "$folder/yardstick"

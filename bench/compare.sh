#!/usr/bin/env bash
# Measures the aims of bench/README.md as ratios on this machine, and where tests/Oracle/find-python finds an interpreter, beside TensorStore, Orbax,
# zarr-python and safetensors. Needs Debian's zstd; takes 6 GB in FOLDER.
# Usage: bench/compare.sh [FOLDER] [RUNS]; ROUNDS (2) says how often ours and theirs take turns, YARDSTICKS=no leaves out the first table, ONLY=kv all of the
# second but the lines whose name matches.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-/tmp/ocdbtsharp-bench}
runs=${2:-5}
rounds=${ROUNDS:-2}
dotnet build bench/Workloads -c Release -v q >/dev/null
workloads=artifacts/bin/Workloads/release/Workloads
"$workloads" make "$folder"

# What is saved goes past the page cache. A copy lies in it as a checkpoint does that was downloaded, or saved by another program.
for set in f32-zarr2-zstd bf16-zarr2-zstd f32-zarr3-zstd bf16-zarr3-zstd f32-zarr2-raw f32-zarr3-zstd-folders; do
  cp -r "$folder/$set" "$folder/copy"
  rm -rf "${folder:?}/$set"
  mv "$folder/copy" "$folder/$set"
done
sync

# One number of a JSON line.
number() { sed -n "s/.*\"$1\":\([0-9.eE-]*\).*/\1/p"; }
# MB/s of C's zstd at level 1 on one core: $2 = 1 encoding, 2 decoding.
zstd_rate() { zstd -b1 -i2 "$folder/$1.bin" 2>&1 | tr '\r' '\n' | grep -oE '[0-9.]+ MB/s' | awk '{print $1}' | tail -2 | sed -n "$2p"; }
# workload, what it is measured by, seconds, seconds of the yardstick, aim
row() { awk -v w="$1" -v y="$2" -v s="$3" -v t="$4" -v a="$5" 'BEGIN { printf "| %s | %.3f s | %s: %.3f s | %.2f | %s |\n", w, s, y, t, t / s, a }'; }
# Hosts of virtual machines take back memory that lies free and give it again slowly: the runs before the measured ones pay for that.
measure() {
  "$workloads" "$@" --runs 3 >/dev/null
  "$workloads" "$@" --runs "$runs"
}

yardsticks() {
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
}

# Adds what one implementation measures to its file. Ours first warms up in the same process, as theirs do.
once() {
  local by=$1
  shift
  if [ "$by" = ocdbtsharp ]; then
    "$workloads" "$@"
  else
    "$python" bench/reference.py "$by" "$@" 2>"$folder/errors" || { cat "$folder/errors" >&2; exit 1; }
  fi >>"$folder/side/$by"
}
# A field of the lines of an implementation: the least, or the largest.
least() { number "$1" <"$folder/side/$2" | sort -g | head -1; }
most() { number "$1" <"$folder/side/$2" | sort -g | tail -1; }
cell() { awk -v s="$(least min_s "$1")" -v c="$(least min_cpu_s "$1")" -v p="$(most peak_rss_bytes "$1")" 'BEGIN { printf "%.4g s, %.4g s, %.0f MB", s, c, p / 1e6 }'; }
# What it is, the aim or "", who else does it, and what is run: ours and theirs in turn, each in a process of its own with the same number of runs.
beside() {
  local label=$1 aim=$2 others=$3 by round fastest= cells=
  shift 3
  [[ $label =~ ${ONLY:-.} ]] || return 0
  rm -rf "$folder/side" && mkdir "$folder/side"
  for ((round = 0; round < rounds; round++)); do
    for by in ocdbtsharp $others; do once "$by" "$@"; done
  done
  for by in $others; do
    [ "$(most bytes "$by")" = "$(most bytes ocdbtsharp)" ] || echo "$label: $by moves $(most bytes "$by") bytes, ours $(most bytes ocdbtsharp)" >&2
    fastest=$(printf '%s\n' $fastest "$(least min_s "$by")" | sort -g | head -1)
    cells+="$by: $(cell "$by"), $(awk -v t="$(least min_s "$by")" -v o="$(least min_s ocdbtsharp)" 'BEGIN { printf "%.2f", t / o }') ×<br>"
  done
  awk -v l="$label" -v o="$(cell ocdbtsharp)" -v c="${cells%<br>}" -v t="$fastest" -v s="$(least min_s ocdbtsharp)" -v a="$aim" \
    'BEGIN { printf "| %s | %s | %s | %.2f × | %s | %s |\n", l, o, c, t / s, (a == "" ? "" : ">= " a), (a == "" ? "" : (t / s >= a ? "yes" : "no")) }'
}

side_by_side() {
  echo
  echo "| workload | ours: time, processor time, peak memory | theirs: the same, and how many times ours is as fast | against the fastest | aim | met |"
  echo "|---|---|---|---|---|---|"
  local warm=(--warm-up 2 --runs "$runs") both="tensorstore orbax" set
  for set in f32-zarr2-zstd bf16-zarr2-zstd f32-zarr3-zstd bf16-zarr3-zstd; do
    beside "restore $set" 2.3 "$both" restore "$folder/$set" "${warm[@]}"
  done
  beside "restore f32-zarr2-raw" 4.5 "$both" restore "$folder/f32-zarr2-raw" "${warm[@]}"
  beside "restore many-10k" 30 "$both" restore "$folder/many-10k" "${warm[@]}"
  beside "restore f32-zarr3-zstd in folders" "" "$both zarr" restore "$folder/f32-zarr3-zstd-folders" "${warm[@]}"
  for set in f32-zarr2-zstd f32-zarr2-raw many-10k; do
    beside "restore $set, not in the page cache" "" "$both" restore "$folder/$set" --cold "$folder/$set" --runs 2
  done
  beside "save f32, zarr v2, zstd" 2.3 "$both" save "$folder/f32-zarr2-zstd" "$folder/saved" "${warm[@]}"
  beside "save f32, zarr v3, zstd" 2.3 "$both" save "$folder/f32-zarr3-zstd" "$folder/saved" --driver zarr3 "${warm[@]}"
  beside "save bf16, zarr v2, zstd" 2.3 "$both" save "$folder/bf16-zarr2-zstd" "$folder/saved" "${warm[@]}"
  beside "save f32, zarr v2, uncompressed" 2.2 "$both" save "$folder/f32-zarr2-raw" "$folder/saved" --compression none "${warm[@]}"
  beside "save many-10k" 8 "$both" save "$folder/many-10k" "$folder/saved" "${warm[@]}"
  beside "1,000 rows of a sharded array" "" "tensorstore zarr" slice "$folder/sharded" "${warm[@]}"
  beside "1,000 rows, not in the page cache" "" "tensorstore zarr" slice "$folder/sharded" --cold "$folder/sharded" --runs 2
  beside "f32-zarr2-zstd to safetensors" "" safetensors export "$folder/f32-zarr2-zstd" "$folder/saved.safetensors" "${warm[@]}"
  beside "safetensors to a checkpoint" "" safetensors import "$folder/saved.safetensors" "$folder/saved" "${warm[@]}"
  beside "kv-put, 100,000 keys" 6 tensorstore kv-put "$folder/kv" 100000 "${warm[@]}"
  beside "kv-list" 2.5 tensorstore kv-list "$folder/kv" "${warm[@]}"
  beside "kv-list, not in the page cache" "" tensorstore kv-list "$folder/kv" --cold "$folder/kv" --runs 2
  beside "kv-get, 20,000 keys, manifest asked for each" 20 tensorstore kv-get "$folder/kv" 20000 --staleness 0 "${warm[@]}"
  beside "kv-get, 20,000 keys, manifest 0.1 s old at most" 20 tensorstore kv-get "$folder/kv" 20000 --staleness 0.1 "${warm[@]}"
  beside "kv-open-get" 1.5 tensorstore kv-open-get "$folder/kv" key/00050000 "${warm[@]}"
  beside "kv-open-get, not in the page cache" "" tensorstore kv-open-get "$folder/kv" key/00050000 --cold "$folder/kv" --runs 2
  beside "tree of 100 arrays" "" orbax tree "$folder/small-100" "${warm[@]}"
  rm -rf "$folder/saved" "$folder/saved.safetensors" "$folder/kv" "$folder/side" "$folder/errors"
}

[ "${YARDSTICKS:-yes}" = no ] || yardsticks
python=$(tests/Oracle/find-python)
if [ -n "$python" ] && JAX_PLATFORMS=cpu "$python" -c 'import orbax.checkpoint, tensorstore' 2>/dev/null; then
  side_by_side
else
  echo "compare.sh: no Python with TensorStore and Orbax, so nothing is set beside them" >&2
fi

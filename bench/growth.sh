#!/usr/bin/env bash
# Runs operations on checkpoints of growing size, each as a process of its own: what it takes beside its parts measured alone, what memory it holds beside
# the bound, and what Orbax and TensorStore take where tests/Oracle/find-python finds an interpreter. Takes up to 40 GB in the folder and 12 GB of memory.
# Usage: bench/growth.sh [--folder F] [--sizes "0.5 2 8"] [--chunk-bytes 16777216] [--processes-size 1.2] [--leaves "1 10 100"] [--steps "1000 10000"]
#                        [--keys 1000000] [--budgets "256MiB"] [--python no]
# Sizes are GB (10^9 bytes), leaves thousands; "" leaves a part out. OCDBT names the tool, which is built otherwise; KEEP=yes keeps the data sets.
set -euo pipefail
cd "$(dirname "$0")/.."
declare -A flags=([folder]=/tmp/ocdbtsharp-growth [sizes]="0.5 2 8" [chunk-bytes]=16777216 [processes-size]=1.2 [leaves]="1 10 100" [steps]="1000 10000"
  [keys]=1000000 [budgets]=256MiB [python]=yes)
while [ $# -gt 0 ]; do
  [[ $1 == --* && -n ${flags[${1#--}]+known} && $# -gt 1 ]] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
  flags[${1#--}]=$2
  shift 2
done
folder=${flags[folder]} max_seconds=900 max_bytes=$((16 << 30))
dotnet build bench/Workloads -c Release -v q >/dev/null
workloads=artifacts/bin/Workloads/release/Workloads
if [ -z "${OCDBT:-}" ]; then
  dotnet build src/Cli -c Release -v q >/dev/null
  OCDBT=artifacts/bin/OcdbtSharp.Cli/release/ocdbt
fi
python=
[ "${flags[python]}" = no ] || python=$(tests/Oracle/find-python)
export JAX_PLATFORMS=cpu
mkdir -p "$folder"
echo "load when this began: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores; the tool: $OCDBT"

number() { sed -n "s/.*\"$1\":\([0-9.eE-]*\).*/\1/p" | tail -1; }
sum() { awk 'BEGIN { for (i = 1; i < ARGC; i++) t += ARGV[i]; printf "%.3f", t }' "$@"; }
run() { "$workloads" run "$max_seconds" "$max_bytes" -- "$@" 2>"$folder/errors" || true; }
# Orbax and TensorStore, where the memory is there that they need: GB that have to be available, and what is run.
reference() {
  local gigabytes=$1
  shift
  [ -n "$python" ] && awk -v g="$gigabytes" '/MemAvailable/ { exit $2 * 1024 < g * 1e9 }' /proc/meminfo || return 0
  run "$python" bench/reference.py "$@" --runs 1
}
takes_memory() { "$OCDBT" "$1" --help 2>/dev/null | grep -q -- '--memory'; }

# One line of the table: what it is; its parts in processor seconds, or =N for a bound, or ""; the bound in MiB, or ""; what the references took, or ""; a
# run of ours.
line() {
  awk -v label="$1" -v parts="${2#=}" -v factor="$([[ $2 == =* ]] && echo 1 || echo 1.3)" -v bound="$3" -v s="$(number s <<<"$5")" -v cpu="$(number cpu_s <<<"$5")" -v peak="$(number peak_rss_bytes <<<"$5")" \
    -v code="$(number exit_code <<<"$5")" -v killed="$(sed -n 's/.*"killed":"\([a-z]*\)".*/\1/p' <<<"$5")" \
    -v python_cpu="$(number cpu_s <<<"$4")" -v python_peak="$(number peak_rss_bytes <<<"$4")" -v python_code="$(number exit_code <<<"$4")" 'BEGIN {
    mib = peak / 1048576
    ok = code == 0 && (parts == "" || cpu <= factor * parts) && (bound == "" || mib <= bound)
    theirs = ""
    if (python_cpu != "" && python_code == 0) {
      low = python_cpu < 1.5 * cpu || python_peak < 1.5 * peak ? " (low)" : ""
      theirs = sprintf("%.2f s, %.0f MiB: %.1f ×, %.1f ×%s", python_cpu, python_peak / 1048576, python_cpu / cpu, python_peak / peak, low)
    }
    printf "| %s | %.2f | %.2f | %s | %.0f | %s | %s | %s |\n", label, s, cpu, parts == "" ? "" : factor == 1 ? "<= " parts : sprintf("%.2f: %.2f", parts, cpu / parts), mib, bound,
      theirs, killed != "" ? "killed: " killed : code != 0 ? "exit code " code : ok ? "yes" : "no"
  }'
}
header() {
  printf '\n%s\n\n| operation | s | CPU s | its parts alone, CPU s: ratio (<= 1.3) | peak MiB | bound | theirs: CPU s, peak, how many times ours (>= 1.5) | holds |\n' "$1"
  echo "|---|---|---|---|---|---|---|---|"
}
# An operation of the tool, without a budget and with each: label, parts, what the references took, a path that is removed first (or ""), arguments.
operation() {
  local label=$1 parts=$2 theirs=$3 out=$4 budget
  shift 4
  for budget in "" ${flags[budgets]}; do
    [ -z "$budget" ] || takes_memory "$1" || continue
    [ -z "$out" ] || rm -rf "$out"
    line "$label${budget:+, --memory $budget}" "$parts" "$([ -n "$budget" ] && echo 400 || echo 1331)" "$theirs" \
      "$(run "$OCDBT" "$@" ${budget:+--memory "$budget"})"
  done
}

transformer() {
  local size=$1 set=$folder/transformer-$1 embedding=params.embedder.embedding chunk=${flags[chunk-bytes]} layout source other parts most start
  [ -d "$set/chunked" ] || { rm -rf "$set"; "$workloads" growth-transformer "$set" "$size" "$chunk"; sync; }
  start=$(run "$OCDBT" tree "$set/one-chunk" | number cpu_s)
  for layout in one-chunk chunked; do
    source=$set/$layout
    [ $layout = one-chunk ] && other=$set/chunked || other=$set/one-chunk
    parts=$("$workloads" growth-parts "$source" "$other" "$folder/scratch")
    others=$("$workloads" growth-parts "$other" "$source" "$folder/scratch")
    most=$("$workloads" growth-parts "$source" "$other" "$folder/scratch" $embedding)
    part() { number "$1_cpu_s" <<<"${2:-$parts}"; }
    header "**$size GB, $layout.** Alone, in CPU seconds: start $start, decode $(part decode), encode in the other chunks $(part encode), write encoded \
$(part write_encoded), write raw $(part write_raw), read raw $(part read_raw), digest $(part digest); the embedding: decode $(part decode "$most"), digest \
$(part digest "$most"), the chunks of one row $(part decode_row "$most")."
    local rechunk=(--zarr3 --chunk-bytes "$chunk") again=(--driver zarr3 --chunk-bytes "$chunk") theirs
    [ $layout = one-chunk ] || rechunk=(--chunk-bytes 4294967296) again=(--driver zarr)
    theirs=$(reference "$(sum "$size" "$size" "$size")" orbax convert "$source" "$folder/theirs" "${again[@]}")
    rm -rf "$folder/theirs"
    operation "convert ${rechunk[*]}" "$(sum "$start" "$(part decode)" "$(part encode)" "$(part write_encoded)")" "$theirs" "$folder/out" \
      convert "$source" "$folder/out" "${rechunk[@]}"
    rm -rf "$folder/out"
    operation verify "$(sum "$start" "$(part decode)")" "$theirs" "" verify "$source"
    operation "diff with the other" "$(sum "$start" "$(part decode)" "$(part decode "$others")")" \
      "$(reference "$(sum "$size" "$size" "$size")" orbax diff "$source" "$other")" "" diff "$source" "$other"
    operation "convert to safetensors" "$(sum "$start" "$(part decode)" "$(part write_raw)")" \
      "$(reference "$(sum "$size" "$size")" safetensors export "$source" "$folder/out.safetensors")" "$folder/out.safetensors" \
      convert "$source" "$folder/out.safetensors"
    local back=()
    [ $layout = one-chunk ] || back=(--zarr3 --chunk-bytes "$chunk")
    operation "convert from safetensors${back[*]:+ ${back[*]}}" "$(sum "$start" "$(part read_raw)" "$(part encode "$others")" "$(part write_encoded "$others")")" \
      "$([ $layout = one-chunk ] && reference "$(sum "$size" "$size")" safetensors import "$folder/out.safetensors" "$folder/theirs")" "$folder/out" \
      convert "$folder/out.safetensors" "$folder/out" "${back[@]}"
    rm -rf "$folder/out" "$folder/out.safetensors" "$folder/theirs"
    operation "cat --sha256 of the embedding" "$(sum "$start" "$(part decode "$most")" "$(part digest "$most")")" \
      "$(reference "$size" tensorstore digest "$source" $embedding)" "" cat "$source" $embedding --sha256
    operation "cat of one row of it" "$(sum "$start" "$(part decode_row "$most")")" "$(reference "$size" tensorstore row "$source" $embedding 100)" "" \
      cat "$source" $embedding --slice 100,: --raw
  done
  [ "${KEEP:-no}" = yes ] || rm -rf "$set"
}

processes() {
  local set=$folder/transformer-$1 one many
  [ -d "$set/chunked" ] || { rm -rf "$set"; "$workloads" growth-transformer "$set" "$1" "${flags[chunk-bytes]}"; sync; }
  printf '\n| convert of %s GB in one chunk an array | s | CPU s | peak MiB of the largest | holds |\n|---|---|---|---|---|\n' "$1"
  rm -rf "$folder/out"
  one=$(run "$OCDBT" convert "$set/one-chunk" "$folder/out")
  rm -rf "$folder/out"
  many=$(run "$OCDBT" convert "$set/one-chunk" "$folder/out" --processes 64)
  rm -rf "$folder/out"
  awk -v s="$(number s <<<"$one")" -v c="$(number cpu_s <<<"$one")" -v p="$(number peak_rss_bytes <<<"$one")" \
    'BEGIN { printf "| one process | %.2f | %.2f | %.0f | |\n", s, c, p / 1048576 }'
  awk -v s="$(number s <<<"$many")" -v c="$(number cpu_s <<<"$many")" -v p="$(number peak_rss_bytes <<<"$many")" -v o="$(number s <<<"$one")" \
    -v code="$(number exit_code <<<"$many")" \
    'BEGIN { printf "| --processes 64 | %.2f: %.1f of one (<= 3) | %.2f | %.0f | %s |\n", s, s / o, c, p / 1048576, code == 0 && s <= 3 * o ? "yes" : "no" }'
  [ "${KEEP:-no}" = yes ] || rm -rf "$set"
}

# Thousands of arrays of 64 and 1,024 bytes: each one more is to hold at most 3 KiB beside its bytes.
leaves() {
  local thousands count line data verb first=1
  declare -A before
  printf '\n| arrays | s | CPU s | peak MiB | data MB | bytes held by one more (<= 3072) | holds |\n|---|---|---|---|---|---|---|\n'
  for thousands in $1; do
    for verb in save restore; do
      if [ $verb = save ]; then
        rm -rf "$folder/out"
        line=$(run "$workloads" save-new "many-${thousands}k" "$folder/out" --runs 1)
      else
        line=$(run "$workloads" restore "$folder/out" --runs 1)
      fi
      count=$((thousands * 1000)) data=$((thousands * 544000))
      [ $first = 1 ] && before[$verb]="$(number peak_rss_bytes <<<"$line") $count $data"
      awk -v v="$verb" -v n="$count" -v d="$data" -v s="$(number s <<<"$line")" -v c="$(number cpu_s <<<"$line")" -v p="$(number peak_rss_bytes <<<"$line")" \
        -v code="$(number exit_code <<<"$line")" -v before="${before[$verb]}" 'BEGIN {
        split(before, b, " ")
        each = n == b[2] ? "" : sprintf("%.0f", (p - b[1] - (d - b[3])) / (n - b[2]))
        printf "| %s of %d | %.2f | %.2f | %.0f | %.1f | %s | %s |\n", v, n, s, c, p / 1048576, d / 1e6, each, code != 0 ? "exit code " code : each == "" ? "" : each + 0 <= 3072 ? "yes" : "no"
      }'
    done
    first=0
  done
  rm -rf "$folder/out"
}

steps() {
  local count root=$folder/steps touched
  header "**Steps.** \`cat\` of the latest is to list the root once and to look into one step."
  for count in $1; do
    rm -rf "$root"
    "$workloads" growth-steps "$root" "$count"
    line "steps of $count" "$([ "$count" = 10000 ] && echo =1.5)" "" "$(reference 1 orbax steps "$root")" "$(run "$OCDBT" steps "$root")"
    touched=
    if command -v strace >/dev/null; then
      strace -f -qq -e trace=openat -o "$folder/trace" "$OCDBT" cat "$root" w >/dev/null
      touched=", steps looked into: $(grep -oE "$root/[0-9]+" "$folder/trace" | sort -u | wc -l), listings of the root: $(grep -cE "\"$root/?\".*O_DIRECTORY" "$folder/trace")"
    fi
    line "cat of the latest of $count$touched" "" "" "" "$(run "$OCDBT" cat "$root" w)"
  done
  rm -rf "$root" "$folder/trace"
}

keys() {
  local database=$folder/keys
  header "**Keys.**"
  rm -rf "$database"
  "$workloads" kv-put "$database" "$1" --runs 1 >/dev/null
  line "kv ls of $1 keys" "" 150 "$(reference 1 tensorstore kv-list "$database")" "$(run "$OCDBT" kv ls "$database")"
  rm -rf "$database"
}

for size in ${flags[sizes]}; do transformer "$size"; done
[ -z "${flags[processes-size]}" ] || processes "${flags[processes-size]}"
[ -z "${flags[leaves]}" ] || leaves "${flags[leaves]}"
[ -z "${flags[steps]}" ] || steps "${flags[steps]}"
[ -z "${flags[keys]}" ] || keys "${flags[keys]}"
echo
echo "load when this ended: $(cut -d' ' -f1-3 /proc/loadavg)"

#!/usr/bin/env bash
# Runs the sample guests on the software CPU and, where qemu-system-x86_64 is installed, on QEMU's own translator (TCG) in
# turns, and prints the medians side by side. Figures include starting the program: for QEMU a few hundredths of a second,
# for .NET a tenth and compiling itself. Both have to print the same.
#
#   bench/guests.sh [RUNS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${1:-5}
export LC_ALL=C
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

dotnet build -c Release -v quiet -nologo src/KvmSharp.Cli > /dev/null
kvmsharp=(dotnet src/KvmSharp.Cli/bin/Release/net10.0/kvmsharp.dll)
qemu=$(command -v qemu-system-x86_64 || true)
[ -n "$qemu" ] || echo "qemu-system-x86_64 is not installed: its column stays empty" >&2

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# seconds COMMAND…: how long it takes; its exit code has to be 0, or QEMU's word for it.
seconds() {
  local start=$EPOCHREALTIME code=0
  "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null || code=$?
  local end=$EPOCHREALTIME
  [ "$code" -eq 0 ] || [ "$code" -eq 1 ] || { echo "exit code $code: $*" >&2; cat "$scratch/err" >&2; exit 1; }
  awk -v a="$start" -v b="$end" 'BEGIN { printf "%.4f\n", b - a }'
}

field() { awk -F'  +' -v name="$1" '$1 == name { gsub(",", "", $2); print $2 + 0 }' "$scratch/err"; }

printf '%-10s %12s %10s %10s %12s\n' guest instructions kvmsharp MIPS 'QEMU TCG'
while read -r guest arguments; do
  ours=() theirs=() rates=()
  objcopy -O elf32-i386 --set-start 0x100010 "samples/guests/$guest" "$scratch/multiboot" 2> "$scratch/err" || qemu=
  for ((run = 0; run < runs; run++)); do
    # shellcheck disable=SC2086
    ours+=("$(seconds "${kvmsharp[@]}" run "samples/guests/$guest" --stats -- $arguments)")
    instructions=$(field instructions)
    rates+=("$(field MIPS)")
    expected=$(cat "$scratch/out")
    [ -z "$qemu" ] && continue
    theirs+=("$(seconds "$qemu" -accel tcg -cpu max -m 256 -display none -nodefaults -serial stdio -no-reboot \
      -device isa-debug-exit,iobase=0xf4,iosize=1 -kernel "$scratch/multiboot" -append "$arguments")")
    [ "$(tr -d '\r' < "$scratch/out")" = "$expected" ] || { echo "$guest: QEMU prints something else" >&2; exit 1; }
  done
  printf '%-10s %12s %8.2f s %10.0f %10s s\n' "$guest" "$instructions" "$(printf '%s\n' "${ours[@]}" | median)" \
    "$(printf '%s\n' "${rates[@]}" | median)" \
    "$([ -n "$qemu" ] && printf '%s\n' "${theirs[@]}" | median | xargs printf '%.2f' || echo -)"
done <<'GUESTS'
sha256 8192
sort 1000000
threads 200
matrix 256
GUESTS

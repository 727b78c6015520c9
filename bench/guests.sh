#!/usr/bin/env bash
# Runs the sample guests on the software CPU and, where qemu-system-x86_64 is installed, on QEMU's own translator (TCG) in
# turns, and prints the medians side by side: by the clock, and the time that the program had a processor, which is what to
# believe on a busy machine. Both include starting the program: for QEMU a few hundredths of a second, for .NET a tenth and
# compiling itself. Both have to print the same.
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

# timed NAME COMMAND…: appends how long it takes, and its processor time, to two files of that name; its exit code has to
# be 0, or QEMU's word for it.
timed() {
  local name=$1 code=0 clock user system
  local TIMEFORMAT='%R %U %S'
  shift
  { time "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null; } 2> "$scratch/time" || code=$?
  [ "$code" -eq 0 ] || [ "$code" -eq 1 ] || { echo "exit code $code: $*" >&2; cat "$scratch/err" >&2; exit 1; }
  read -r clock user system < "$scratch/time"
  echo "$clock" >> "$scratch/$name.clock"
  awk -v a="$user" -v b="$system" 'BEGIN { print a + b }' >> "$scratch/$name.cpu"
}

# shown FILE: the median of its figures in seconds, or a hyphen.
shown() { if [ -s "$1" ]; then median < "$1" | xargs printf '%.2f s'; else echo -; fi; }

field() { awk -F'  +' -v name="$1" '$1 == name { gsub(",", "", $2); print $2 + 0 }' "$scratch/err"; }

printf '%-10s %12s %10s %10s %10s %10s\n' guest instructions kvmsharp 'CPU time' 'QEMU TCG' 'CPU time'
while read -r guest arguments; do
  rm -f "$scratch"/*.clock "$scratch"/*.cpu
  objcopy -O elf32-i386 --set-start 0x100010 "samples/guests/$guest" "$scratch/multiboot" 2> "$scratch/err" || qemu=
  for ((run = 0; run < runs; run++)); do
    # shellcheck disable=SC2086
    timed ours "${kvmsharp[@]}" run "samples/guests/$guest" --stats -- $arguments
    instructions=$(field instructions)
    expected=$(cat "$scratch/out")
    [ -z "$qemu" ] && continue
    timed theirs "$qemu" -accel tcg -cpu max -m 256 -display none -nodefaults -serial stdio -no-reboot \
      -device isa-debug-exit,iobase=0xf4,iosize=1 -kernel "$scratch/multiboot" -append "$arguments"
    [ "$(tr -d '\r' < "$scratch/out")" = "$expected" ] || { echo "$guest: QEMU prints something else" >&2; exit 1; }
  done
  printf '%-10s %12s %10s %10s %10s %10s\n' "$guest" "$instructions" \
    "$(shown "$scratch/ours.clock")" "$(shown "$scratch/ours.cpu")" \
    "$(shown "$scratch/theirs.clock")" "$(shown "$scratch/theirs.cpu")"
done <<'GUESTS'
sha256 8192
sort 1000000
threads 200
matrix 256
GUESTS

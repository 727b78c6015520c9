#!/usr/bin/env bash
# Compiles each program three times: natively, to record in expected/ what it prints, and as guests without and with
# optimization. Needs gcc and binutils for x86-64; the results are checked in, so that testing does not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
guests=../../samples/guests/src
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export LC_ALL=C

common=(-std=gnu11 -Wall -Wextra -Werror -ffp-contract=off -march=x86-64)
freestanding=(-ffreestanding -fno-pic -no-pie -fno-stack-protector -fno-asynchronous-unwind-tables
  -fno-tree-loop-distribute-patterns -fcf-protection=none -mno-red-zone "-I$guests")
link=(-nostdlib -static -no-pie "-Wl,-T,$guests/guest.ld" -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-s)

mkdir -p images expected
for source in src/*.c; do
  name=$(basename "$source" .c)
  gcc "${common[@]}" -O2 -DNATIVE -o "$scratch/$name" "$source"
  "$scratch/$name" > "expected/$name.txt"
  for level in O0 O2; do
    gcc "${common[@]}" "-$level" "${freestanding[@]}" "${link[@]}" -o "images/$name-$level" \
      "$guests/start.S" "$guests/guest.c" "$source" -lgcc
    chmod -x "images/$name-$level"
  done
  echo "$name: $(wc -l < "expected/$name.txt") lines, $(stat -c %s "images/$name-O0" "images/$name-O2" | tr '\n' ' ')bytes"
done

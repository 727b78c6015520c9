#!/usr/bin/env bash
# Builds the sample guests from src/ into this folder. Needs gcc and binutils for x86-64; the results are checked in, so
# that running them does not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export LC_ALL=C

common=(-std=gnu11 -O2 -ffreestanding -fno-pic -no-pie -fno-stack-protector -fno-asynchronous-unwind-tables
  -fno-tree-loop-distribute-patterns -fcf-protection=none -mno-red-zone -march=x86-64 -Wall -Wextra -Werror)
link=(-nostdlib -static -no-pie -Wl,-T,src/guest.ld -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-s)

# guest NAME FLAGS SOURCES…: a 64-bit ELF image.
guest() {
  local name=$1 flags=$2
  shift 2
  # shellcheck disable=SC2086
  gcc "${common[@]}" $flags "${link[@]}" -o "$name" src/start.S src/guest.c "${@/#/src/}"
  echo "$name: $(stat -c %s "$name") bytes"
}

integer=-mgeneral-regs-only
guest hello "$integer" hello.c
guest sha256 "$integer" sha256.c
guest sort "$integer" sort.c
guest walk "$integer" walk.c
guest smp "$integer" smp.c
guest paging "$integer" paging.c paging_entry.S
guest threads "$integer" threads.c threads_switch.S
guest matrix -msse2 matrix.c

# The same image for a multiboot loader: those take 32-bit ELF only.
objcopy -O elf32-i386 --set-start 0x100010 hello hello.multiboot
echo "hello.multiboot: $(stat -c %s hello.multiboot) bytes"

for name in hello16 ticks16; do
  gcc -m32 -nostdlib -static -no-pie -Wl,-Ttext=0x7c00 -Wl,--build-id=none -Wl,-z,noexecstack -o "$scratch/$name" "src/$name.S"
  objcopy -O binary -j .text "$scratch/$name" "$name.bin"
  echo "$name.bin: $(stat -c %s "$name.bin") bytes"
done

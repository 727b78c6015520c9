/*
 * Walks through all of memory, whatever slots it is cut into: writes each page's own address at its begin and its
 * complement at its end, then checks all of them, and reads eight bytes across each border between pages.
 * Arguments: [ROUNDS]
 */
#include "guest.h"

enum { STACKS = 64 * 65536 };           /* the stacks lie at the end of memory */

static volatile uint64_t *word_at(uint64_t address)
{
    return (volatile uint64_t *)(uintptr_t)address;
}

static int check(uint64_t address, uint64_t expected)
{
    uint64_t found = *word_at(address);
    if (found == expected)
        return 1;
    print("at %lx: %016lx, not %016lx\n", address, found, expected);
    return 0;
}

int guest_main(const struct boot *boot, unsigned cpu)
{
    uint64_t first = ((uint64_t)(uintptr_t)guest_end + PAGE_BYTES - 1) & -PAGE_BYTES;
    uint64_t end = (boot->memory_bytes - STACKS) & -PAGE_BYTES;
    uint64_t rounds = argument(boot, 0, 1);

    if (cpu != 0)
        return 0;
    if (boot->memory_bytes < STACKS || end <= first) {
        print("there is not enough memory to walk through\n");
        return 1;
    }
    for (uint64_t round = 1; round <= rounds; round++) {
        for (uint64_t page = first; page < end; page += PAGE_BYTES) {
            *word_at(page) = page * round;
            *word_at(page + PAGE_BYTES - 8) = ~(page * round);
        }
        for (uint64_t page = first; page < end; page += PAGE_BYTES) {
            if (!check(page, page * round) || !check(page + PAGE_BYTES - 8, ~(page * round)))
                return 1;
            uint64_t next = page + PAGE_BYTES;
            if (next < end && !check(next - 4, ~(page * round) >> 32 | next * round << 32))
                return 1;
        }
    }
    print("%lu pages of %u slot%s, %lu round%s: all as written\n", (end - first) / PAGE_BYTES,
          boot->slots, boot->slots == 1 ? "" : "s", rounds, rounds == 1 ? "" : "s");
    return 0;
}

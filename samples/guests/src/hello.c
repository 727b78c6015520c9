/* Says where it is. */
#include "guest.h"

int guest_main(const struct boot *boot, unsigned cpu)
{
    if (cpu != 0)
        return 0;
    print("Hello from 64-bit mode: %lu MiB in %u slot%s, %u vCPU%s.\n", boot->memory_bytes >> 20,
          boot->slots, boot->slots == 1 ? "" : "s", boot->cpus, boot->cpus == 1 ? "" : "s");
    if (*(const char *)(uintptr_t)boot->command_line)
        print("Arguments: %s\n", (const char *)(uintptr_t)boot->command_line);
    return 0;
}

/* What a sample guest has to stand on: where it was started, a serial line, a way to end. */
#ifndef GUEST_H
#define GUEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* The boot record of `kvmsharp run`; docs/run.md describes it. */
struct boot {
    uint32_t magic;             /* BOOT_MAGIC */
    uint32_t bytes;             /* of this record */
    uint64_t memory_bytes;      /* from guest physical address 0 on, without a hole */
    uint32_t cpus;              /* vCPUs that were started */
    uint32_t slots;             /* memory slots that the memory was cut into */
    uint64_t command_line;      /* address of a string that ends with 0; empty when there are no arguments */
};

#define BOOT_MAGIC 0x534d564bu  /* "KVMS" */

enum {
    SERIAL_PORT = 0x3f8,
    EXIT_PORT = 0xf4,           /* a byte written here ends the machine; it is the exit code */
    POWER_PORT = 0x604,         /* the word 0x2000 written here turns the machine off: exit code 0 */
};

#define PAGE_BYTES 4096ul

/* The guest's own code; every vCPU runs it. What vCPU 0 returns is the machine's exit code. */
int guest_main(const struct boot *boot, unsigned cpu);

/* The first address behind the image. */
extern char guest_end[];

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void pause(void)
{
    __asm__ volatile("pause" : : : "memory");
}

__attribute__((noreturn)) void halt(void);
__attribute__((noreturn)) void machine_exit(uint8_t code);

/* %s %c %d %u %x %lu %lx %%, with a width and leading zeros. */
__attribute__((format(printf, 1, 2))) void print(const char *format, ...);

/* The argument at an index as a decimal number; `otherwise` when there is none. */
uint64_t argument(const struct boot *boot, unsigned index, uint64_t otherwise);

/* A number from a sequence that looks random; the state must not be 0. */
uint32_t next_random(uint32_t *state);

void *memcpy(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *left, const void *right, size_t bytes);
size_t strlen(const char *text);

#endif

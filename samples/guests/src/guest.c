#include "guest.h"

struct multiboot_info {
    uint32_t flags;
    uint32_t mem_lower;         /* KiB below 640 KiB */
    uint32_t mem_upper;         /* KiB above 1 MiB */
    uint32_t boot_device;
    uint32_t cmdline;
};

enum { MULTIBOOT_HAS_MEMORY = 1, MULTIBOOT_HAS_CMDLINE = 4 };

/* A multiboot command line begins with the image's name. */
static const char *after_first_word(const char *text)
{
    while (*text && *text != ' ')
        text++;
    while (*text == ' ')
        text++;
    return text;
}

const struct boot *boot_from_multiboot(const struct multiboot_info *info)
{
    static struct boot boot = { BOOT_MAGIC, sizeof boot, 0, 1, 1, (uintptr_t)"" };

    if (info->flags & MULTIBOOT_HAS_MEMORY)
        boot.memory_bytes = 0x100000 + (uint64_t)info->mem_upper * 1024;
    if (info->flags & MULTIBOOT_HAS_CMDLINE)
        boot.command_line = (uintptr_t)after_first_word((const char *)(uintptr_t)info->cmdline);
    return &boot;
}

__attribute__((noreturn)) void guest_start(unsigned cpu, const struct boot *boot)
{
    int code = guest_main(boot, cpu);
    if (cpu == 0)
        machine_exit((uint8_t)code);
    halt();
}

void halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

void machine_exit(uint8_t code)
{
    out8(EXIT_PORT, code);
    halt();
}

static void put(char character)
{
    enum { LINE_STATUS = 5, TRANSMITTER_EMPTY = 0x20 };

    while (!(in8(SERIAL_PORT + LINE_STATUS) & TRANSMITTER_EMPTY))
        pause();
    out8(SERIAL_PORT, (uint8_t)character);
}

static void put_number(uint64_t value, unsigned radix, int negative, int width, char fill)
{
    char digits[24];
    int count = 0;

    do
        digits[count++] = "0123456789abcdef"[value % radix];
    while (value /= radix);
    if (negative)
        digits[count++] = '-';
    for (; width > count; width--)
        put(fill);
    while (count)
        put(digits[--count]);
}

static void put_string(const char *text, int width)
{
    for (; *text; text++, width--)
        put(*text);
    for (; width > 0; width--)
        put(' ');
}

void print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    for (; *format; format++) {
        char fill = ' ';
        int width = 0, wide = 0;

        if (*format != '%') {
            put(*format);
            continue;
        }
        if (*++format == '0')
            fill = *format++;
        while (*format >= '0' && *format <= '9')
            width = width * 10 + (*format++ - '0');
        while (*format == 'l') {
            wide = 1;
            format++;
        }
        switch (*format) {
        case 's':
            put_string(va_arg(args, const char *), width);
            break;
        case 'c':
            put((char)va_arg(args, int));
            break;
        case 'd': {
            long value = wide ? va_arg(args, long) : va_arg(args, int);
            put_number(value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0, width, fill);
            break;
        }
        case 'u':
        case 'x': {
            uint64_t value = wide ? va_arg(args, unsigned long) : va_arg(args, unsigned);
            put_number(value, *format == 'u' ? 10 : 16, 0, width, fill);
            break;
        }
        default:
            put(*format);
        }
    }
    va_end(args);
}

uint64_t argument(const struct boot *boot, unsigned index, uint64_t otherwise)
{
    const char *text = (const char *)(uintptr_t)boot->command_line;
    uint64_t value = 0;

    while (index--)
        text = after_first_word(text);
    if (*text < '0' || *text > '9')
        return otherwise;
    while (*text >= '0' && *text <= '9')
        value = value * 10 + (uint64_t)(*text++ - '0');
    return value;
}

uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* The string instructions: short here, and quick where a processor does them at once. */
void *memcpy(void *to, const void *from, size_t bytes)
{
    void *start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    return start;
}

void *memset(void *to, int value, size_t bytes)
{
    void *start = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
    return start;
}

int memcmp(const void *left, const void *right, size_t bytes)
{
    const uint8_t *a = left, *b = right;
    for (; bytes; a++, b++, bytes--)
        if (*a != *b)
            return *a - *b;
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

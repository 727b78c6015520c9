/*
 * Builds page tables of its own and breaks their rules one by one: each fault has to come with the right vector, error
 * code and address, in supervisor and in user mode, and accessed and dirty bits have to follow what was done.
 */
#include "guest.h"

enum {
    P = 1, W = 2, U = 4, A = 0x20, D = 0x40, LARGE = 0x80,
    FAULT_PRESENT = 1, FAULT_WRITE = 2, FAULT_USER = 4, FAULT_RESERVED = 8, FAULT_FETCH = 16,
    GENERAL_PROTECTION = 13, PAGE_FAULT = 14, USER_EXIT = 0x80,
    KERNEL_CS = 8, KERNEL_DS = 16, USER_DS = 24 | 3, USER_CS = 32 | 3, TSS = 40,
    TEST_PAGES = 8,
};

#define LARGE_PAGE (2ul << 20)

#define NX (1ul << 63)
#define TABLE __attribute__((aligned(4096)))

/* Two mebibytes of addresses for the tests; below them memory is mapped one to one. */
#define TEST_BASE 0x8000000000ul

/* In paging_entry.S: they do one access each, and tell whether it came back. */
extern int try_load(uint64_t address);
extern int try_store(uint64_t address);
extern int try_call(uint64_t address);
extern int in_user_mode(int (*function)(uint64_t), uint64_t argument);
extern char general_protection_entry[], page_fault_entry[], user_exit_entry[];
extern uint64_t kernel_stack_end;

/* Written by the fault entries. */
volatile uint64_t fault_vector, fault_error, fault_address;

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};

struct __attribute__((packed)) pointer {
    uint16_t limit;
    uint64_t base;
};

struct __attribute__((packed)) task_state {
    uint32_t reserved;
    uint64_t rsp[3], zero, ist[7], zero_too;
    uint16_t zero_again, io_map;
};

static TABLE uint64_t pml4[512], pdpt[512], directory[4][512];
static TABLE uint64_t test_pdpt[512], test_directory[512], test_table[512];
static TABLE uint8_t test_memory[TEST_PAGES][PAGE_BYTES];
static struct gate idt[256];
static struct task_state task;
static uint64_t gdt[7];
static unsigned failures;

static void set_gate(int vector, const void *entry, int privilege)
{
    uint64_t offset = (uintptr_t)entry;
    idt[vector] = (struct gate){
        (uint16_t)offset, KERNEL_CS, 0, (uint8_t)(0x8e | privilege << 5), (uint16_t)(offset >> 16),
        (uint32_t)(offset >> 32), 0,
    };
}

static void load_descriptors(void)
{
    struct pointer gdtr = { sizeof gdt - 1, (uintptr_t)gdt }, idtr = { sizeof idt - 1, (uintptr_t)idt };
    uint64_t base = (uintptr_t)&task;

    gdt[1] = 0x00af9b000000ffff;
    gdt[2] = 0x00cf93000000ffff;
    gdt[3] = 0x00cff3000000ffff;
    gdt[4] = 0x00affb000000ffff;
    gdt[5] = 0x0000890000000000 | (sizeof task - 1) | (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
    gdt[6] = base >> 32;
    task.rsp[0] = (uintptr_t)&kernel_stack_end;
    task.io_map = sizeof task;
    set_gate(GENERAL_PROTECTION, general_protection_entry, 0);
    set_gate(PAGE_FAULT, page_fault_entry, 0);
    set_gate(USER_EXIT, user_exit_entry, 3);
    __asm__ volatile(
        "lgdt %0\n\t"
        "lidt %1\n\t"
        "pushq %2\n\t"
        "leaq 1f(%%rip), %%rax\n\t"
        "pushq %%rax\n\t"
        "lretq\n"
        "1:\tmov %w3, %%ds\n\t"
        "mov %w3, %%es\n\t"
        "mov %w3, %%ss\n\t"
        "ltr %w4"
        : : "m"(gdtr), "m"(idtr), "i"(KERNEL_CS), "r"(KERNEL_DS), "r"(TSS) : "rax", "memory");
}

static void load_tables(void)
{
    for (uint64_t page = 0; page < 4 * 512; page++)
        directory[page / 512][page % 512] = page << 21 | LARGE | U | W | P;
    for (int gigabyte = 0; gigabyte < 4; gigabyte++)
        pdpt[gigabyte] = (uintptr_t)directory[gigabyte] | U | W | P;
    pml4[0] = (uintptr_t)pdpt | U | W | P;
    pml4[TEST_BASE >> 39] = (uintptr_t)test_pdpt | U | W | P;
    test_pdpt[TEST_BASE >> 30 & 511] = (uintptr_t)test_directory | U | W | P;
    test_directory[0] = (uintptr_t)test_table | U | W | P;
    __asm__ volatile("mov %0, %%cr3" : : "r"(pml4) : "memory");
}

static uint64_t page_at(int index)
{
    return TEST_BASE + (uint64_t)index * PAGE_BYTES;
}

static void map(int index, uint64_t bits)
{
    test_table[index] = bits & P ? (uintptr_t)test_memory[index] | bits : bits;
    __asm__ volatile("invlpg (%0)" : : "r"(page_at(index)) : "memory");
}

static void expect(const char *what, uint64_t found, uint64_t expected)
{
    if (found == expected) {
        print("  %s\n", what);
        return;
    }
    print("  %s: %lx, not %lx\n", what, found, expected);
    failures++;
}

static void expect_fault(const char *what, int came_back, uint64_t vector, uint64_t error, uint64_t address)
{
    if (!came_back && fault_vector == vector && fault_error == error
        && (vector != PAGE_FAULT || fault_address == address)) {
        print("  %s\n", what);
        return;
    }
    print("  %s: %s, vector %lu, error %lx, address %lx; not %lu, %lx, %lx\n", what,
          came_back ? "no fault" : "a fault", fault_vector, fault_error, fault_address, vector, error, address);
    failures++;
}

static void supervisor_rules(void)
{
    uint64_t page = page_at(0);

    print("supervisor mode\n");
    map(0, 0);
    expect_fault("a read of an absent page", try_load(page), PAGE_FAULT, 0, page);
    expect_fault("a write to an absent page", try_store(page + 8), PAGE_FAULT, FAULT_WRITE, page + 8);
    map(0, P);
    expect_fault("a write to a read-only page", try_store(page), PAGE_FAULT, FAULT_PRESENT | FAULT_WRITE, page);
    map(0, NX | W | P);
    expect_fault("a call into a page without execute", try_call(page), PAGE_FAULT, FAULT_PRESENT | FAULT_FETCH, page);
    test_directory[2] = 1ul << 13 | LARGE | W | P;
    expect_fault("a reserved bit", try_load(TEST_BASE + 2 * LARGE_PAGE), PAGE_FAULT, FAULT_PRESENT | FAULT_RESERVED,
                 TEST_BASE + 2 * LARGE_PAGE);
    map(0, W | P);
    map(1, 0);
    expect_fault("a read that crosses into an absent page", try_load(page_at(1) - 4), PAGE_FAULT, 0, page_at(1));
    expect_fault("an address that is not canonical", try_load(1ul << 47), GENERAL_PROTECTION, 0, 0);
    expect("a read of a page that is there", (uint64_t)try_load(page), 1);
}

static void write_protection(void)
{
    uint64_t cr0;

    print("without CR0.WP\n");
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %0, %%cr0" : : "r"(cr0 & ~(1ul << 16)));
    map(0, P);
    expect("a write to a read-only page", (uint64_t)try_store(page_at(0)), 1);
    __asm__ volatile("mov %0, %%cr0" : : "r"(cr0));
}

static void user_rules(void)
{
    uint64_t page = page_at(2);

    print("user mode\n");
    map(2, W | P);
    expect_fault("a read of a supervisor's page", in_user_mode(try_load, page), PAGE_FAULT, FAULT_PRESENT | FAULT_USER, page);
    expect_fault("a write to a supervisor's page", in_user_mode(try_store, page), PAGE_FAULT,
                 FAULT_PRESENT | FAULT_WRITE | FAULT_USER, page);
    map(2, U | P);
    expect_fault("a write to a read-only page", in_user_mode(try_store, page), PAGE_FAULT,
                 FAULT_PRESENT | FAULT_WRITE | FAULT_USER, page);
    map(2, 0);
    expect_fault("a read of an absent page", in_user_mode(try_load, page), PAGE_FAULT, FAULT_USER, page);
    map(2, U | W | P);
    expect("a write to its own page", (uint64_t)in_user_mode(try_store, page), 1);
}

static void recorded_bits(void)
{
    enum { INDEX = 3 };
    uint64_t recorded = A | D;

    print("accessed and dirty bits\n");
    map(INDEX, W | P);
    expect("a page that was not used", test_table[INDEX] & recorded, 0);
    try_load(page_at(INDEX));
    expect("a page that was read", test_table[INDEX] & recorded, A);
    try_store(page_at(INDEX));
    expect("a page that was written", test_table[INDEX] & recorded, A | D);
    map(INDEX, W | P);
    try_store(page_at(INDEX));
    expect("a page that was written first", test_table[INDEX] & recorded, A | D);
}

static void aliases(void)
{
    volatile uint64_t *first = (uint64_t *)page_at(4), *second = (uint64_t *)page_at(5);
    volatile uint64_t *large = (uint64_t *)(TEST_BASE + LARGE_PAGE);
    uint64_t behind_image = ((uintptr_t)guest_end + LARGE_PAGE - 1) & -LARGE_PAGE;

    print("other mappings\n");
    map(4, W | P);
    test_table[5] = test_table[4];
    __asm__ volatile("invlpg (%0)" : : "r"(second) : "memory");
    *first = 0x1122334455667788;
    expect("two addresses of one page", *second, 0x1122334455667788);
    test_directory[1] = behind_image | LARGE | W | P;
    *(uint64_t *)(behind_image + 0x123450) = 42;
    expect("a page of 2 MiB", large[0x123450 / 8], 42);
    test_table[4] = (uintptr_t)test_memory[6] | W | P;
    *(uint64_t *)test_memory[6] = 7;
    __asm__ volatile("invlpg (%0)" : : "r"(first) : "memory");
    expect("another page after invlpg", *first, 7);
}

int guest_main(const struct boot *boot, unsigned cpu)
{
    (void)boot;
    if (cpu != 0)
        return 0;
    load_descriptors();
    load_tables();
    supervisor_rules();
    write_protection();
    user_rules();
    recorded_bits();
    aliases();
    print(failures ? "%u failures\n" : "all as the manuals say\n", failures);
    return failures != 0;
}

/*
 * All vCPUs count together: with an atomic addition, under a lock that is taken by exchange, under a lock that hands out
 * tickets, and by compare-and-exchange. Nothing may be lost. Then each looks for the other's writes out of order.
 * Arguments: [ADDITIONS]
 */
#include "guest.h"

#define SHARED __attribute__((aligned(64)))

static volatile uint64_t SHARED atomic_sum;
static volatile uint64_t SHARED locked_sum, SHARED ticket_sum, SHARED exchanged_sum;
static volatile uint32_t SHARED lock;
static volatile uint32_t SHARED next_ticket, SHARED now_serving;
static volatile uint32_t SHARED arrived, SHARED finished;
static volatile uint64_t SHARED message_data, SHARED message_flag, SHARED out_of_order;

static void acquire(void)
{
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
        while (lock)
            pause();
}

static void release(void)
{
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

/* Two plain stores on one processor are seen in order on every other. */
static void check_order(unsigned cpu, uint64_t rounds)
{
    if (cpu == 0) {
        for (uint64_t round = 1; round <= rounds; round++) {
            message_data = round;
            message_flag = round;
        }
        return;
    }
    for (uint64_t flag = 0; flag < rounds;) {
        flag = message_flag;
        if (message_data < flag)
            __atomic_fetch_add(&out_of_order, 1, __ATOMIC_RELAXED);
    }
}

int guest_main(const struct boot *boot, unsigned cpu)
{
    uint64_t additions = argument(boot, 0, 100000);
    uint64_t expected = additions * boot->cpus;

    __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
    while (arrived < boot->cpus)
        pause();
    for (uint64_t i = 0; i < additions; i++) {
        __atomic_fetch_add(&atomic_sum, 1, __ATOMIC_RELAXED);

        acquire();
        locked_sum = locked_sum + 1;
        release();

        uint32_t ticket = __atomic_fetch_add(&next_ticket, 1, __ATOMIC_RELAXED);
        while (now_serving != ticket)
            pause();
        ticket_sum = ticket_sum + 1;
        now_serving = ticket + 1;

        uint64_t seen = exchanged_sum;
        while (!__atomic_compare_exchange_n(&exchanged_sum, &seen, seen + 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            ;
    }
    check_order(cpu, additions);
    __atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
    if (cpu != 0)
        return 0;
    while (finished < boot->cpus)
        pause();
    print("%u vCPUs, %lu additions each: atomic %lu, locked %lu, by ticket %lu, exchanged %lu, out of order %lu\n",
          boot->cpus, additions, atomic_sum, locked_sum, ticket_sum, exchanged_sum, out_of_order);
    return atomic_sum != expected || locked_sum != expected || ticket_sum != expected
        || exchanged_sum != expected || out_of_order != 0;
}

/*
 * A kernel for threads that give way by themselves: each has a stack, a switch saves what a call has to keep. They pass
 * numbers through a channel of one place: a source, filters that each drop the multiples of one prime, and at the end the
 * primes come out. Each prime adds a thread.
 * Arguments: [PRIMES]
 */
#include "guest.h"

enum { MOST_THREADS = 256, STACK_BYTES = 8192 };

struct channel {
    uint64_t value;
    int full;
};

struct thread {
    uint64_t *stack;
    struct channel *in, *out;
    uint64_t prime;
};

/* In threads_switch.S. */
extern void switch_stacks(uint64_t **save, uint64_t *load);
extern char thread_entry[];

static struct thread threads[MOST_THREADS];
static struct channel channels[MOST_THREADS];
static uint8_t stacks[MOST_THREADS][STACK_BYTES] __attribute__((aligned(16)));
static unsigned count, current;
static uint64_t switches;

static void give_way(void)
{
    unsigned from = current;
    current = (current + 1) % count;
    switches++;
    switch_stacks(&threads[from].stack, threads[current].stack);
}

static void start_thread(void (*body)(struct thread *), struct channel *in, struct channel *out, uint64_t prime)
{
    struct thread *thread = &threads[count];
    uint64_t *top = (uint64_t *)(stacks[count] + STACK_BYTES);

    *--top = 0;
    *--top = (uintptr_t)thread_entry;
    *--top = 0;                             /* rbp */
    *--top = (uintptr_t)body;               /* rbx */
    *--top = (uintptr_t)thread;             /* r12 */
    top -= 3;                               /* r13, r14, r15 */
    *thread = (struct thread){ top, in, out, prime };
    count++;
}

static void send(struct channel *channel, uint64_t value)
{
    while (channel->full)
        give_way();
    channel->value = value;
    channel->full = 1;
}

static uint64_t receive(struct channel *channel)
{
    while (!channel->full)
        give_way();
    channel->full = 0;
    return channel->value;
}

static void source(struct thread *self)
{
    for (uint64_t number = 2;; number++)
        send(self->out, number);
}

static void filter(struct thread *self)
{
    for (;;) {
        uint64_t number = receive(self->in);
        if (number % self->prime)
            send(self->out, number);
    }
}

int guest_main(const struct boot *boot, unsigned cpu)
{
    uint64_t primes = argument(boot, 0, 60), sum = 0, last = 0;

    if (cpu != 0)
        return 0;
    if (primes < 1 || primes > MOST_THREADS - 2) {
        print("1 to %d primes, please\n", MOST_THREADS - 2);
        return 1;
    }
    count = 1;                              /* this one is the first thread */
    start_thread(source, 0, &channels[0], 0);
    for (uint64_t found = 0; found < primes; found++) {
        last = receive(&channels[found]);
        sum += last;
        start_thread(filter, &channels[found], &channels[found + 1], last);
    }
    print("%lu primes by %u threads: the last is %lu, their sum %lu; %lu switches\n", primes, count, last, sum, switches);
    return 0;
}

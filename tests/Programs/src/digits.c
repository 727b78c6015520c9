/* Digits of pi by Machin's formula with numbers of arbitrary length, and factorials. */
#include "program.h"

enum { LIMBS = 20, FRACTION = 16, DIGITS = 120 };

struct number {
    uint32_t limb[LIMBS];       /* the lowest first */
    int count;
};

static void set(struct number *a, uint32_t value)
{
    a->limb[0] = value;
    a->count = value != 0;
}

static void multiply_small(struct number *a, uint32_t factor)
{
    uint64_t carry = 0;
    for (int i = 0; i < a->count; i++) {
        carry += (uint64_t)a->limb[i] * factor;
        a->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        a->limb[a->count++] = (uint32_t)carry;
}

static void add(struct number *a, const struct number *b)
{
    uint64_t carry = 0;
    int i;
    for (i = 0; i < b->count || carry; i++) {
        carry += (uint64_t)(i < a->count ? a->limb[i] : 0) + (i < b->count ? b->limb[i] : 0);
        a->limb[i] = (uint32_t)carry;
        carry >>= 32;
        if (i >= a->count)
            a->count = i + 1;
    }
}

/* a is at least b. */
static void subtract(struct number *a, const struct number *b)
{
    int64_t borrow = 0;
    for (int i = 0; i < a->count; i++) {
        int64_t difference = (int64_t)a->limb[i] - (i < b->count ? b->limb[i] : 0) + borrow;
        a->limb[i] = (uint32_t)difference;
        borrow = difference >> 32;
    }
    while (a->count && a->limb[a->count - 1] == 0)
        a->count--;
}

static uint32_t divide_small(struct number *a, uint32_t divisor)
{
    uint64_t rest = 0;
    for (int i = a->count; i-- > 0;) {
        rest = rest << 32 | a->limb[i];
        a->limb[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    while (a->count && a->limb[a->count - 1] == 0)
        a->count--;
    return (uint32_t)rest;
}

/* The arc tangent of 1 / x, times a factor, with FRACTION limbs behind the point. */
static void arc_tangent(struct number *sum, uint32_t x, uint32_t factor)
{
    struct number power, term;
    memset(power.limb, 0, sizeof power.limb);
    power.limb[FRACTION] = factor;
    power.count = FRACTION + 1;
    divide_small(&power, x);
    *sum = power;
    for (uint32_t k = 1; power.count; k++) {
        divide_small(&power, x * x);
        term = power;
        divide_small(&term, 2 * k + 1);
        if (k & 1)
            subtract(sum, &term);
        else
            add(sum, &term);
    }
}

static void pi(void)
{
    struct number pi, other;
    arc_tangent(&pi, 5, 16);
    arc_tangent(&other, 239, 4);
    subtract(&pi, &other);
    for (int printed = 0; printed < DIGITS; printed++) {
        print("%u", pi.count > FRACTION ? pi.limb[FRACTION] : 0);
        if (pi.count > FRACTION)
            pi.count = FRACTION;
        multiply_small(&pi, 10);
        if (printed % 60 == 59)
            print("\n");
    }
}

static void factorial(unsigned n)
{
    static char text[400];
    struct number product;
    int length = 0;
    set(&product, 1);
    for (unsigned factor = 2; factor <= n; factor++)
        multiply_small(&product, factor);
    while (product.count)
        text[length++] = (char)('0' + divide_small(&product, 10));
    print("%u! = ", n);
    while (length)
        print("%c", text[--length]);
    print("\n");
}

int program(void)
{
    pi();
    for (unsigned n = 20; n <= 100; n += 20)
        factorial(n);
    return 0;
}

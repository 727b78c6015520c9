/*
 * The product of two matrices of doubles, by default 128 × 128: with SSE2 two columns at a time, and one element at a
 * time. The additions are made in the same order, so both must agree in every bit.
 * Arguments: [ROWS]
 */
#include <emmintrin.h>

#include "guest.h"

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void multiply_pairs(const double *a, const double *b, double *product, long n)
{
    for (long i = 0; i < n; i++)
        for (long j = 0; j < n; j += 2) {
            __m128d sum = _mm_setzero_pd();
            for (long k = 0; k < n; k++)
                sum = _mm_add_pd(sum, _mm_mul_pd(_mm_set1_pd(a[i * n + k]), _mm_load_pd(&b[k * n + j])));
            _mm_store_pd(&product[i * n + j], sum);
        }
}

__attribute__((optimize("no-tree-vectorize"))) static void multiply(
    const double *a, const double *b, double *product, long n)
{
    for (long i = 0; i < n; i++)
        for (long j = 0; j < n; j++) {
            double sum = 0;
            for (long k = 0; k < n; k++)
                sum += a[i * n + k] * b[k * n + j];
            product[i * n + j] = sum;
        }
}

int guest_main(const struct boot *boot, unsigned cpu)
{
    long n = (long)argument(boot, 0, 128) & ~1l;
    double *a = (double *)(((uintptr_t)guest_end + 15) & ~(uintptr_t)15);
    double *b = a + n * n, *pairs = b + n * n, *single = pairs + n * n;
    uint32_t seed = 1;
    uint64_t checksum = 0;

    if (cpu != 0)
        return 0;
    if ((uint64_t)(4 * 8 * n * n) > boot->memory_bytes / 2) {
        print("%ld rows do not fit in memory\n", n);
        return 1;
    }
    for (long i = 0; i < n * n; i++) {
        a[i] = (double)(int32_t)next_random(&seed) / 65536;
        b[i] = (double)(int32_t)next_random(&seed) / 65536;
    }
    multiply_pairs(a, b, pairs, n);
    multiply(a, b, single, n);
    for (long i = 0; i < n * n; i++) {
        if (bits_of(pairs[i]) != bits_of(single[i])) {
            print("element %ld: %016lx in pairs, %016lx alone\n", i, bits_of(pairs[i]), bits_of(single[i]));
            return 1;
        }
        checksum = checksum * 31 + bits_of(pairs[i]);
    }
    print("%ld rows, checksum %016lx\n", n, checksum);
    return 0;
}

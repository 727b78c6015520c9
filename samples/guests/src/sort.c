/*
 * Sorts numbers, by default 400,000 of them: quicksort with insertion sort for short runs, then heapsort of the same
 * numbers; both must come out alike.
 * Arguments: [NUMBERS]
 */
#include "guest.h"

enum { SHORT_RUN = 16 };

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t held = *a;
    *a = *b;
    *b = held;
}

static void insertion_sort(uint32_t *numbers, long count)
{
    for (long i = 1; i < count; i++) {
        uint32_t held = numbers[i];
        long j = i;
        for (; j > 0 && numbers[j - 1] > held; j--)
            numbers[j] = numbers[j - 1];
        numbers[j] = held;
    }
}

static uint32_t middle_of_three(uint32_t a, uint32_t b, uint32_t c)
{
    if (a > b)
        swap(&a, &b);
    if (b > c)
        b = c;
    return a > b ? a : b;
}

static void quicksort(uint32_t *numbers, long count)
{
    while (count > SHORT_RUN) {
        uint32_t pivot = middle_of_three(numbers[0], numbers[count / 2], numbers[count - 1]);
        long low = 0, high = count - 1;
        while (low <= high) {
            while (numbers[low] < pivot)
                low++;
            while (numbers[high] > pivot)
                high--;
            if (low <= high)
                swap(&numbers[low++], &numbers[high--]);
        }
        /* The shorter part by recursion: the stack stays short. */
        if (high + 1 < count - low) {
            quicksort(numbers, high + 1);
            numbers += low;
            count -= low;
        } else {
            quicksort(numbers + low, count - low);
            count = high + 1;
        }
    }
    insertion_sort(numbers, count);
}

static void sift_down(uint32_t *heap, long root, long count)
{
    uint32_t held = heap[root];
    for (long child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && heap[child + 1] > heap[child])
            child++;
        if (heap[child] <= held)
            break;
        heap[root] = heap[child];
    }
    heap[root] = held;
}

static void heapsort(uint32_t *numbers, long count)
{
    for (long root = count / 2; root-- > 0;)
        sift_down(numbers, root, count);
    for (long last = count - 1; last > 0; last--) {
        swap(&numbers[0], &numbers[last]);
        sift_down(numbers, 0, last);
    }
}

int guest_main(const struct boot *boot, unsigned cpu)
{
    long count = (long)argument(boot, 0, 400000);
    uint32_t *quick = (uint32_t *)guest_end, *heap = quick + count;
    uint32_t seed = 1, sum = 0;

    if (cpu != 0)
        return 0;
    if ((uint64_t)count > boot->memory_bytes / 16) {
        print("%lu numbers do not fit in memory\n", count);
        return 1;
    }
    for (long i = 0; i < count; i++)
        quick[i] = heap[i] = next_random(&seed);
    quicksort(quick, count);
    heapsort(heap, count);
    for (long i = 0; i < count; i++) {
        if ((i > 0 && quick[i - 1] > quick[i]) || quick[i] != heap[i]) {
            print("out of order at %ld\n", i);
            return 1;
        }
        sum = sum * 31 + quick[i];
    }
    print("%ld numbers in order, checksum %08x\n", count, sum);
    return 0;
}

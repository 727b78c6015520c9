/* A balanced tree (AVL) and a hash table against each other, with divisions, shifts and bit counts of all widths. */
#include "program.h"

enum { NODES = 5000, BUCKETS = 1021 };

struct node {
    int32_t key, height;
    uint64_t value;
    struct node *left, *right, *next;
};

static struct node pool[2 * NODES];
static struct node *root, *buckets[BUCKETS];
static int used;
static uint64_t state = 88172645463325252u;

static uint64_t random64(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static int32_t height(const struct node *n)
{
    return n ? n->height : 0;
}

static struct node *update(struct node *n)
{
    int32_t left = height(n->left), right = height(n->right);
    n->height = 1 + (left > right ? left : right);
    return n;
}

static struct node *rotate_right(struct node *n)
{
    struct node *up = n->left;
    n->left = up->right;
    up->right = update(n);
    return update(up);
}

static struct node *rotate_left(struct node *n)
{
    struct node *up = n->right;
    n->right = up->left;
    up->left = update(n);
    return update(up);
}

static struct node *insert(struct node *n, int32_t key, uint64_t value)
{
    if (!n) {
        n = &pool[used++];
        *n = (struct node){ .key = key, .height = 1, .value = value };
        return n;
    }
    if (key == n->key) {
        n->value += value;
        return n;
    }
    if (key < n->key)
        n->left = insert(n->left, key, value);
    else
        n->right = insert(n->right, key, value);
    update(n);
    int32_t balance = height(n->left) - height(n->right);
    if (balance > 1) {
        if (height(n->left->left) < height(n->left->right))
            n->left = rotate_left(n->left);
        return rotate_right(n);
    }
    if (balance < -1) {
        if (height(n->right->right) < height(n->right->left))
            n->right = rotate_right(n->right);
        return rotate_left(n);
    }
    return n;
}

static void hash_add(int32_t key, uint64_t value)
{
    struct node **at = &buckets[(uint32_t)key * 2654435769u % BUCKETS];
    for (; *at; at = &(*at)->next)
        if ((*at)->key == key) {
            (*at)->value += value;
            return;
        }
    *at = &pool[used++];
    **at = (struct node){ .key = key, .value = value };
}

static uint64_t hash_find(int32_t key)
{
    for (struct node *n = buckets[(uint32_t)key * 2654435769u % BUCKETS]; n; n = n->next)
        if (n->key == key)
            return n->value;
    return 0;
}

static unsigned long mismatches, visited;
static uint64_t mixed;

static void visit(const struct node *n)
{
    if (!n)
        return;
    visit(n->left);
    visited++;
    mismatches += hash_find(n->key) != n->value;
    mixed = mixed * 1099511628211u ^ n->value;
    visit(n->right);
}

static void arithmetic(void)
{
    int64_t s64 = 0;
    int32_t s32 = 0;
    int16_t s16 = 0;
    int8_t s8 = 0;
    unsigned bits = 0;
    for (int i = 0; i < 20000; i++) {
        uint64_t a = random64(), b = random64() >> (i & 63) | 1;
        s64 += (int64_t)a / (int64_t)b + (int64_t)(a % b);
        s32 += (int32_t)a / (int32_t)((b & 0xffff) | 1) - (int32_t)(a >> (i & 31));
        s16 = (int16_t)(s16 * 3 + (int16_t)a / (int16_t)((b & 0x7f) | 1));
        s8 = (int8_t)((s8 << 1) ^ (int8_t)a >> (i & 7));
        bits += (unsigned)__builtin_popcountll(a & b) + (unsigned)__builtin_ctzll(b) + (unsigned)__builtin_clzll(b);
        s64 ^= (int64_t)((unsigned __int128)a * b >> 64);
    }
    print("%ld %d %d %d %u\n", (long)s64, s32, s16, s8, bits);
}

int program(void)
{
    for (int i = 0; i < NODES; i++) {
        int32_t key = (int32_t)(random64() % 4000) - 2000;
        uint64_t value = random64() >> 40;
        root = insert(root, key, value);
        hash_add(key, value);
    }
    visit(root);
    print("%lu keys, height %d, %lu mismatches, %016lx\n", visited, height(root), mismatches, (unsigned long)mixed);
    arithmetic();
    return mismatches != 0;
}

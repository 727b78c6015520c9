/* Text by a Markov chain, packed by LZ77 and Huffman's codes, unpacked again; checksums of each stage. */
#include "program.h"

enum { TEXT = 40000, WINDOW = 4096, LEAST_MATCH = 4, MOST_MATCH = 130, BUCKETS = 4096, SYMBOLS = 256 };

static uint8_t text[TEXT], packed[2 * TEXT], coded[2 * TEXT], decoded[2 * TEXT], unpacked[TEXT + 256];
static int heads[BUCKETS];
static uint32_t state = 12345;

static uint32_t random_below(uint32_t limit)
{
    state = state * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)state * limit >> 32);
}

static uint32_t crc32(const uint8_t *data, int bytes)
{
    uint32_t crc = ~0u;
    for (int i = 0; i < bytes; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}

static void write_text(void)
{
    static const char *const words[] = {
        "slot ", "memory ", "guest ", "frame ", "the ", "a ", "of ", "moves ", "maps ", "page ", "table ", "and ", "second ",
        "stage ", "walks ", "fault ", "host ", "is ", "not ", "there.\n",
    };
    int length = 0;
    for (uint32_t word = 0; length < TEXT - 16; word = (word * 7 + random_below(5)) % 20)
        for (const char *letter = words[word]; *letter; letter++)
            text[length++] = (uint8_t)*letter;
    while (length < TEXT)
        text[length++] = '.';
}

static int pack(void)
{
    int out = 0;
    for (int i = 0; i < BUCKETS; i++)
        heads[i] = -WINDOW;
    for (int at = 0; at < TEXT;) {
        int length = 0, from = 0;
        if (at + LEAST_MATCH < TEXT) {
            uint32_t key = text[at] | text[at + 1] << 8 | text[at + 2] << 16 | (uint32_t)text[at + 3] << 24;
            uint32_t bucket = key * 2654435761u >> 20;
            from = heads[bucket];
            heads[bucket] = at;
            if (at - from < WINDOW)
                while (length < MOST_MATCH && at + length < TEXT && text[from + length] == text[at + length])
                    length++;
        }
        if (length >= LEAST_MATCH) {
            packed[out++] = (uint8_t)(0x80 | (length - LEAST_MATCH));
            packed[out++] = (uint8_t)(at - from);
            packed[out++] = (uint8_t)((at - from) >> 8);
            at += length;
        } else {
            packed[out++] = text[at++] & 0x7f;
        }
    }
    return out;
}

static int unpack(const uint8_t *from, int bytes)
{
    int out = 0;
    for (int at = 0; at < bytes;) {
        uint8_t token = from[at++];
        if (token < 0x80) {
            unpacked[out++] = token;
            continue;
        }
        int distance = from[at] | from[at + 1] << 8;
        at += 2;
        for (int length = (token & 0x7f) + LEAST_MATCH; length; length--, out++)
            unpacked[out] = unpacked[out - distance];
    }
    return out;
}

struct node {
    uint32_t weight;
    int left, right;
};

static struct node nodes[2 * SYMBOLS];
static uint64_t codes[SYMBOLS];
static uint8_t lengths[SYMBOLS];
static int root;

static void assign(int node, uint64_t code, uint8_t length)
{
    if (node < SYMBOLS) {
        codes[node] = code;
        lengths[node] = length ? length : 1;
        return;
    }
    assign(nodes[node].left, code << 1, (uint8_t)(length + 1));
    assign(nodes[node].right, code << 1 | 1, (uint8_t)(length + 1));
}

static void make_codes(const uint8_t *data, int bytes)
{
    static int alive[2 * SYMBOLS];
    int count = 0, next = SYMBOLS;
    for (int i = 0; i < bytes; i++)
        nodes[data[i]].weight++;
    for (int symbol = 0; symbol < SYMBOLS; symbol++)
        if (nodes[symbol].weight)
            alive[count++] = symbol;
    while (count > 1) {
        int lightest = 0, second = -1;
        for (int i = 1; i < count; i++)
            if (nodes[alive[i]].weight < nodes[alive[lightest]].weight) {
                second = lightest;
                lightest = i;
            } else if (second < 0 || nodes[alive[i]].weight < nodes[alive[second]].weight) {
                second = i;
            }
        nodes[next] = (struct node){ nodes[alive[lightest]].weight + nodes[alive[second]].weight, alive[second], alive[lightest] };
        int high = lightest > second ? lightest : second, low = lightest ^ second ^ high;
        alive[low] = next++;
        alive[high] = alive[--count];
    }
    root = alive[0];
    assign(root, 0, 0);
}

static int encode(const uint8_t *data, int bytes)
{
    int bit = 0;
    for (int i = 0; i < bytes; i++)
        for (int j = lengths[data[i]]; j-- > 0; bit++)
            coded[bit / 8] |= (uint8_t)((codes[data[i]] >> j & 1) << bit % 8);
    return bit;
}

static int decode(int bits)
{
    int out = 0;
    for (int bit = 0; bit < bits; out++) {
        int node = root;
        while (node >= SYMBOLS) {
            node = coded[bit / 8] >> bit % 8 & 1 ? nodes[node].right : nodes[node].left;
            bit++;
        }
        decoded[out] = (uint8_t)node;
    }
    return out;
}

int program(void)
{
    write_text();
    print("text %08x\n", crc32(text, TEXT));
    int bytes = pack();
    print("packed %d bytes, %08x\n", bytes, crc32(packed, bytes));
    make_codes(packed, bytes);
    int bits = encode(packed, bytes);
    print("coded %d bits, %08x\n", bits, crc32(coded, (bits + 7) / 8));
    int restored = decode(bits);
    int length = unpack(decoded, restored);
    print("restored %d bytes, %08x\n", length, crc32(unpacked, length));
    return length != TEXT || crc32(unpacked, length) != crc32(text, TEXT);
}

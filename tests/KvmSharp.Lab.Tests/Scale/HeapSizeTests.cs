using KvmSharp.Lab.Scale;
using Xunit;

namespace KvmSharp.Lab.Tests.Scale;

public sealed class HeapSizeTests
{
    // What the runtime puts before every object, and before every array.
    const int Header = 16;
    const int ArrayHeader = 24;

    [Fact]
    public void An_array_takes_its_elements_and_a_header()
    {
        Assert.Equal(ArrayHeader + 800, HeapSize.Of(new ulong[100]));
        Assert.Equal(ArrayHeader + 104, HeapSize.Of(new byte[100]));
    }

    [Fact]
    public void What_is_shared_counts_once_and_what_is_outside_not_at_all()
    {
        int[] shared = new int[2];
        var one = new Node(shared, new Node(shared, null, new Pair(shared, "outside")), default);
        int node = Header + (4 * 8);
        Assert.Equal(node + node + ArrayHeader + 8, HeapSize.Of(one, typeof(string)));
    }

    [Fact]
    public void A_ring_comes_to_an_end()
    {
        var ring = new Node(null, null, default);
        ring.Next = ring;
        Assert.Equal(Header + (4 * 8), HeapSize.Of(ring));
    }

    sealed class Node(int[]? numbers, Node? next, Pair pair)
    {
        public int[]? Numbers { get; } = numbers;

        public Node? Next { get; set; } = next;

        public Pair Pair { get; } = pair;
    }

    readonly record struct Pair(int[]? Numbers, string? Text);
}

using System;
using System.Collections;
using System.Runtime.CompilerServices;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus.Stores;

/// <summary>A node of an <see cref="XarrayStore"/>: 64 entries, each for as many indices as lie below it.</summary>
/// <param name="shift">Bits of an index that the levels below take.</param>
abstract class XarrayNode(int shift)
{
    internal const int Bits = 6;
    internal const int Slots = 1 << Bits;
    internal const int Mask = Slots - 1;

    internal int Shift { get; } = shift;

    /// <summary>Whether an index lies below this node when it is the root.</summary>
    internal bool Reaches(int index) => (long)index >> Shift < Slots;
}

/// <summary>A node of vCPUs.</summary>
sealed class XarrayLeaf() : XarrayNode(shift: 0)
{
    // Written with Volatile.Write, read with Volatile.Read.
    internal VcpuEntries Entries;

    [InlineArray(Slots)]
    internal struct VcpuEntries : IEnumerable
    {
        Vcpu? _entry;

        // For HeapSize.
        readonly IEnumerator IEnumerable.GetEnumerator() => ((ReadOnlySpan<Vcpu?>)this).ToArray().GetEnumerator();
    }
}

/// <summary>A node of nodes.</summary>
sealed class XarrayBranch(int shift) : XarrayNode(shift)
{
    // Written with Volatile.Write, read with Volatile.Read.
    internal NodeEntries Nodes;

    [InlineArray(Slots)]
    internal struct NodeEntries : IEnumerable
    {
        XarrayNode? _node;

        // For HeapSize.
        readonly IEnumerator IEnumerable.GetEnumerator() => ((ReadOnlySpan<XarrayNode?>)this).ToArray().GetEnumerator();
    }
}

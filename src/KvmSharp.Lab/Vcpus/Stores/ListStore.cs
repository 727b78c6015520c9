using System;
using System.Threading;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus.Stores;

/// <summary>A linked list, one node for each index, appended to without a lock for readers.</summary>
/// <remarks>
/// Nothing is reserved and nothing is ever moved or freed; finding an index takes as many steps as the index. The node of a
/// removed vCPU stays, for the next vCPU that gets the index.
/// </remarks>
sealed class ListStore : VcpuStore
{
    // The first node; null while there are no vCPUs.
    Node? _head;

    // The writer's.
    Node? _tail;

    internal static VcpuStoreDesign Design { get; } = new("list", static _ => new ListStore());

    internal override Vcpu? Get(int index) => Volatile.Read(ref NodeAt(index).Entry);

    internal override ReadOnlySpan<Vcpu?> Segment(int index, scoped ref object? place)
    {
        Node node = place is Node last ? Volatile.Read(ref last.Next)! : NodeAt(index);
        place = node;
        return new ReadOnlySpan<Vcpu?>(ref node.Entry);
    }

    internal override void Add(Vcpu vcpu)
    {
        if (_tail is { } tail && vcpu.Index.Value <= tail.Index)
        {
            Volatile.Write(ref NodeAt(vcpu.Index.Value).Entry, vcpu);
            return;
        }
        var node = new Node(vcpu.Index.Value) { Entry = vcpu };
        // Pairs with NodeAt and Segment: who finds the node finds it complete.
        if (_tail is null)
            Volatile.Write(ref _head, node);
        else
            Volatile.Write(ref _tail.Next, node);
        _tail = node;
    }

    internal override void Remove(Vcpu vcpu) => Volatile.Write(ref NodeAt(vcpu.Index.Value).Entry, null);

    // The bound that the caller has read says that there are so many nodes.
    Node NodeAt(int index)
    {
        Node node = Volatile.Read(ref _head)!;
        for (int step = 0; step < index; step++)
            node = Volatile.Read(ref node.Next)!;
        return node;
    }

    sealed class Node(int index)
    {
        internal readonly int Index = index;
        internal Vcpu? Entry;
        internal Node? Next;
    }
}

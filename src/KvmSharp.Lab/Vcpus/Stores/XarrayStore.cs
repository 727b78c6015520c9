using System;
using System.Threading;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus.Stores;

/// <summary>A tree of 64-way nodes, as high as the greatest index needs: what KVM has had since 5.17.</summary>
/// <remarks>
/// One vCPU needs no node. Nodes are added and never moved or freed, so readers need nothing but the order of the stores:
/// what a node says is in place before the node can be found.
/// </remarks>
sealed class XarrayStore : VcpuStore
{
    // Found without a node for as long as there is no root.
    Vcpu? _first;

    // Null while only index 0 was ever used. Replaced when the tree grows in height.
    XarrayNode? _root;

    internal static VcpuStoreDesign Design { get; } = new("xarray", static _ => new XarrayStore());

    internal override Vcpu? Get(int index) =>
        LeafOf(index) is { } leaf ? Volatile.Read(ref leaf.Entries[index & XarrayNode.Mask]) : Volatile.Read(ref _first);

    internal override ReadOnlySpan<Vcpu?> Segment(int index, scoped ref object? place) =>
        LeafOf(index) is { } leaf
            ? ((ReadOnlySpan<Vcpu?>)leaf.Entries)[(index & XarrayNode.Mask)..]
            : new ReadOnlySpan<Vcpu?>(ref _first);

    internal override void Add(Vcpu vcpu)
    {
        int index = vcpu.Index.Value;
        if (index == 0)
            Volatile.Write(ref _first, vcpu);
        if (index != 0 || _root is not null)
            Put(index, vcpu);
    }

    internal override void Remove(Vcpu vcpu)
    {
        int index = vcpu.Index.Value;
        if (index == 0)
            Volatile.Write(ref _first, null);
        if (LeafOf(index) is { } leaf)
            Volatile.Write(ref leaf.Entries[index & XarrayNode.Mask], null);
    }

    // Null: there is no node, and the index can only be 0.
    XarrayLeaf? LeafOf(int index)
    {
        XarrayNode? node = Volatile.Read(ref _root);
        while (node is XarrayBranch branch)
            node = Volatile.Read(ref branch.Nodes[(index >> branch.Shift) & XarrayNode.Mask]);
        return (XarrayLeaf?)node;
    }

    void Put(int index, Vcpu vcpu)
    {
        if (_root is null)
        {
            var only = new XarrayLeaf();
            only.Entries[0] = _first;
            Volatile.Write(ref _root, only);
        }
        while (!_root.Reaches(index))
        {
            var higher = new XarrayBranch(_root.Shift + XarrayNode.Bits);
            higher.Nodes[0] = _root;
            // Pairs with LeafOf: a node is complete before it can be found.
            Volatile.Write(ref _root, higher);
        }
        XarrayNode node = _root;
        while (node is XarrayBranch branch)
        {
            ref XarrayNode? child = ref branch.Nodes[(index >> branch.Shift) & XarrayNode.Mask];
            if (child is null)
                Volatile.Write(ref child, branch.Shift == XarrayNode.Bits ? new XarrayLeaf() : new XarrayBranch(branch.Shift - XarrayNode.Bits));
            node = child;
        }
        // Pairs with Get and Segment: who finds the vCPU finds it complete.
        Volatile.Write(ref ((XarrayLeaf)node).Entries[index & XarrayNode.Mask], vcpu);
    }
}

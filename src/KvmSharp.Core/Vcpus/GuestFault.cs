using System;
using System.Runtime.CompilerServices;
using KvmSharp.Addresses;

namespace KvmSharp.Vcpus;

/// <summary>
/// What is left of an access that did not wholly end in memory. The part that lies in memory is done (KVM's rule): for a
/// read it is in the value returned, with zeros where a device is to answer.
/// </summary>
public struct GuestFault
{
    /// <summary>Fragments at most: what lies outside memory of sixteen bytes that cross a page.</summary>
    public const int MaxFragments = 3;

    Fragments _fragments;

    /// <summary>Why.</summary>
    public GuestAccessKind Kind { readonly get; internal set; }

    /// <summary>Whether the access is a write.</summary>
    public bool IsWrite { readonly get; internal set; }

    /// <summary>The first guest physical address that is not done.</summary>
    public Gpa Gpa { readonly get; internal set; }

    /// <summary>Bytes from <see cref="Gpa"/> to the end of the access that are not known to be done.</summary>
    public int Length { readonly get; internal set; }

    /// <summary>Pieces for a device, when the kind is <see cref="GuestAccessKind.Mmio"/> and the access is a typed read or
    /// write; a span or an atomic operation has none.</summary>
    public int FragmentCount { readonly get; private set; }

    /// <summary>How many bytes of the access fragments may reach to.</summary>
    internal readonly int LengthOfAccess =>
        FragmentCount == 0 ? 0 : _fragments[FragmentCount - 1].Offset + _fragments[FragmentCount - 1].Length;

    /// <summary>One piece for a device.</summary>
    /// <param name="index">0 … <see cref="FragmentCount"/> − 1.</param>
    public readonly MmioFragment Fragment(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)FragmentCount, nameof(index));
        return _fragments[index];
    }

    internal void Begin(GuestAccessKind kind, bool isWrite, Gpa gpa, int length)
    {
        Kind = kind;
        IsWrite = isWrite;
        Gpa = gpa;
        Length = length;
        FragmentCount = 0;
    }

    internal void Add(in MmioFragment fragment) => _fragments[FragmentCount++] = fragment;

    [InlineArray(MaxFragments)]
    struct Fragments
    {
        MmioFragment _first;
    }
}

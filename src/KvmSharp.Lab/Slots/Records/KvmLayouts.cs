using System.Runtime.InteropServices;

namespace KvmSharp.Lab.Slots.Records;

// The structures of the kernels that the proposals were made for, field by field on a 64-bit machine, so that the runtime
// works out their sizes. Nothing is ever stored in them.
#pragma warning disable CS0169, IDE0051, CA1823 // Fields that are never used.

/// <summary>A slot of 2012, as its 64 bytes were counted.</summary>
[StructLayout(LayoutKind.Sequential)]
readonly struct Slot2012
{
    readonly ulong _baseGfn;
    readonly ulong _pages;
    readonly ulong _flags;
    readonly nint _reverseMap;
    readonly nint _dirtyBitmap;
    readonly nint _largePages;
    readonly ulong _userspaceAddress;
    readonly int _userAllocated;
    readonly int _id;
}

/// <summary>The same with the fields narrowed that can be.</summary>
[StructLayout(LayoutKind.Sequential)]
readonly struct CompactSlot2012
{
    readonly ulong _baseGfn;
    readonly ulong _pages;
    readonly nint _reverseMap;
    readonly nint _dirtyBitmap;
    readonly nint _largePages;
    readonly ulong _userspaceAddress;
    readonly uint _flags;
    readonly byte _userAllocated;
    readonly short _id;
}

/// <summary>What x86 keeps for each slot: three reverse maps, large-page information for two sizes, a write-track array.</summary>
[StructLayout(LayoutKind.Sequential)]
readonly struct ArchSlot
{
    readonly nint _reverseMap4K;
    readonly nint _reverseMap2M;
    readonly nint _reverseMap1G;
    readonly nint _largePages2M;
    readonly nint _largePages1G;
    readonly nint _writeTrack;
}

/// <summary>A slot of 2021, in the array.</summary>
[StructLayout(LayoutKind.Sequential)]
readonly struct ArraySlot2021
{
    readonly ulong _baseGfn;
    readonly ulong _pages;
    readonly nint _dirtyBitmap;
    readonly ArchSlot _arch;
    readonly ulong _userspaceAddress;
    readonly uint _flags;
    readonly short _id;
    readonly ushort _addressSpace;
}

/// <summary>What follows the table of positions in the array's set.</summary>
[StructLayout(LayoutKind.Sequential)]
readonly struct ArraySetCounters2021
{
    readonly int _lastUsed;
    readonly int _used;
}

/// <summary>A node of a red-black tree.</summary>
[StructLayout(LayoutKind.Sequential)]
readonly struct TreeNode
{
    readonly nint _parentAndColor;
    readonly nint _right;
    readonly nint _left;
}

/// <summary>A node of an interval tree.</summary>
[StructLayout(LayoutKind.Sequential)]
readonly struct IntervalTreeNode
{
    readonly TreeNode _node;
    readonly ulong _start;
    readonly ulong _last;
    readonly ulong _subtreeLast;
}

/// <summary>A node of a hash chain.</summary>
[StructLayout(LayoutKind.Sequential)]
readonly struct ChainNode
{
    readonly nint _next;
    readonly nint _toThis;
}

/// <summary>A slot in two trees and a hash, twice over.</summary>
[StructLayout(LayoutKind.Sequential)]
readonly struct TreeSlot2021
{
    readonly ChainNode _id0;
    readonly ChainNode _id1;
    readonly IntervalTreeNode _hva0;
    readonly IntervalTreeNode _hva1;
    readonly TreeNode _gfn0;
    readonly TreeNode _gfn1;
    readonly ulong _baseGfn;
    readonly ulong _pages;
    readonly nint _dirtyBitmap;
    readonly ArchSlot _arch;
    readonly ulong _userspaceAddress;
    readonly uint _flags;
    readonly short _id;
    readonly ushort _addressSpace;
}

/// <summary>A set of such slots, but for the heads of its hash chains.</summary>
[StructLayout(LayoutKind.Sequential)]
readonly struct TreeSet2021
{
    readonly ulong _generation;
    readonly nint _lastUsed;
    readonly nint _hvaRoot;
    readonly nint _hvaLeftmost;
    readonly nint _gfnRoot;
    readonly int _nodeIndex;
}
#pragma warning restore CS0169, IDE0051, CA1823

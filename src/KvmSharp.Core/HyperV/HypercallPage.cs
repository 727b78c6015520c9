using System;
using KvmSharp.Addresses;

namespace KvmSharp.HyperV;

/// <summary>The page of a guest's memory whose code makes a hypercall: the guest calls its first byte.</summary>
/// <remarks>
/// Its register:
/// <code>
/// 63 … 12            11 … 1  0
/// guest frame number –       enabled
/// </code>
/// </remarks>
static class HypercallPage
{
    internal const ulong Enabled = 1;

    /// <summary>What is written there, as KVM does: VMCALL, RET. The rest of the page stays as it is.</summary>
    internal static ReadOnlySpan<byte> Code => [0x0F, 0x01, 0xC1, 0xC3];

    /// <summary>Where it is.</summary>
    internal static Gpa Start(ulong register) => new(register & ~Page.OffsetMask);
}

using System.Runtime.InteropServices;

namespace KvmSharp.Vcpus.Raw;

/// <summary>The two words by which a vCPU and the rest of the machine meet, each on a cache line of its own.</summary>
/// <remarks>
/// <code>
/// attention:  63 … 8                 7         6        5        4         3 … 0
///             architectural requests ForceOut  Blocked  Exiting  Outside   generic requests
/// </code>
/// Bit 62 is <see cref="Attention.Entered"/>, bit 63 <see cref="Attention.VcpusMoved"/>.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 4 * CacheLine)]
struct VcpuWords
{
    internal const int CacheLine = 64;

    // Changed by anyone with Interlocked, read by the owner before each access with Volatile.Read.
    [FieldOffset(CacheLine)]
    internal long Attention;

    // Written by the owner with Volatile.Write around each access; read by a requester that has had no answer, after a
    // process-wide barrier.
    [FieldOffset(2 * CacheLine)]
    internal int InAccess;
}

/// <summary>The bits of <see cref="VcpuWords.Attention"/> that are not requests, and how they group.</summary>
static class Attention
{
    internal const long TlbFlush = 1 << 0;
    internal const long MachineDead = 1 << 1;

    /// <summary>The vCPU is outside guest mode.</summary>
    internal const long Outside = 1 << 4;

    /// <summary>The vCPU was told to leave guest mode.</summary>
    internal const long Exiting = 1 << 5;

    /// <summary>The vCPU's thread waits to be woken.</summary>
    internal const long Blocked = 1 << 6;

    /// <summary>The vCPU is to leave guest mode for a moment; whoever set it waits until it is clear.</summary>
    internal const long ForceOut = 1 << 7;

    /// <summary>The vCPU's owner has entered guest mode and not left it, whatever the library does meanwhile.</summary>
    internal const long Entered = 1L << 62;

    /// <summary>The vCPU's own pointer to the table of vCPUs is out of date; it looks when it uses it.</summary>
    internal const long VcpusMoved = 1L << 63;

    /// <summary>With any of these set, an access leaves the fast path.</summary>
    internal const long Memory = TlbFlush | MachineDead | Outside | ForceOut;

    /// <summary>What a vCPU at a safe point takes off by itself.</summary>
    internal const long Served = TlbFlush | ForceOut;

    /// <summary>Where the vCPU is, as opposed to what it is asked.</summary>
    internal const long States = Outside | Blocked | Entered;

    /// <summary>What is no reason for the owner to leave guest mode.</summary>
    internal const long NoReasonToExit = States | VcpusMoved;
}

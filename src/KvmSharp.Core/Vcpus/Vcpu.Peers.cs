using System.Diagnostics.CodeAnalysis;
using System.Threading;
using KvmSharp.Vcpus.Raw;

namespace KvmSharp.Vcpus;

// How a vCPU finds others, and how it goes.
partial class Vcpu
{
    /// <summary>
    /// The machine's table as this vCPU last saw it, where the store gives each vCPU a pointer of its own. Set before the
    /// vCPU is published; afterwards changed by its owner alone.
    /// </summary>
    internal Vcpu?[]? CachedTable { get; set; }

    /// <summary>Whether the owner is to replace <see cref="CachedTable"/> before its next look.</summary>
    internal bool MustMoveTable => (Volatile.Read(ref Words.Attention) & Attention.VcpusMoved) != 0;

    /// <summary>
    /// The vCPU at an index, for this vCPU's owner: the way from one vCPU to another while guest code runs.
    /// </summary>
    /// <returns><see langword="false"/> when no vCPU that is online has it.</returns>
    public bool TryGetPeer(VcpuIndex index, [NotNullWhen(true)] out Vcpu? peer) =>
        Machine.Vcpus.TryGetPeer(this, index, out peer);

    /// <summary>
    /// Looks into <see cref="CachedTable"/> as an access looks into the TLB: whoever retires the array sets the bit, and
    /// waits until no look that did not see it is under way.
    /// </summary>
    /// <returns><see langword="false"/> when the vCPU is outside guest mode, or must move first.</returns>
    internal bool TryPeek(int index, out Vcpu? peer)
    {
        peer = null;
        // The mark, then the attention word; pairs with Ask and the barrier in VcpuTable.AnswerWait, as in GuestMemory.
        Volatile.Write(ref Words.InAccess, 1);
        bool quiet = (Volatile.Read(ref Words.Attention) & (Attention.Outside | Attention.VcpusMoved)) == 0;
        if (quiet)
            peer = Volatile.Read(ref CachedTable![index]);
        Volatile.Write(ref Words.InAccess, 0);
        return quiet;
    }

    /// <summary>Takes the pending move, before the new array is read.</summary>
    internal void BeginMove() => Interlocked.And(ref Words.Attention, ~Attention.VcpusMoved);

    /// <summary>Makes a vCPU that is stopped stay so, and reach no memory.</summary>
    /// <returns><see langword="false"/> when it is in guest mode, or its owner waits for a request.</returns>
    internal bool TryRetire()
    {
        const long Position = Attention.Outside | Attention.Entered | Attention.Blocked;
        long seen = Volatile.Read(ref Words.Attention);
        while ((seen & Position) == Attention.Outside)
        {
            // Pairs with TryEnterGuest and GuestMemory.BeginVisit, one word: who enters afterwards sees the bit.
            long witness = Interlocked.CompareExchange(ref Words.Attention, seen | Attention.MachineDead, seen);
            if (witness == seen)
                return true;
            seen = witness;
        }
        return false;
    }
}

using System;
using System.Threading;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;
using static KvmSharp.HyperV.Hypercalls.HypercallCode;

namespace KvmSharp.HyperV.Hypercalls;

// Flushing the guest's own translations on other vCPUs.
//
// The block in words: address space, flags, then
//   basic: processor mask, list;
//   Ex:    format, bank mask, banks, list.
// A vCPU's address space may change before it comes to flush, so neither that word nor the flags narrow anything down.
partial class HypercallCaller
{
    const int FlagsWord = 1;
    const int ProcessorMaskWord = 2;
    const int FormatWord = 2;
    const int BankMaskWord = 3;
    const int FlushHeaderWords = 3;
    const int FlushExHeaderWords = 4;

    const ulong FlushAllProcessors = 1 << 0;
    const ulong SparseFormat = 0;

    static readonly HypercallResult _invalidInput = new(HypercallStatus.InvalidHypercallInput);

    HypercallResult Flush(HypercallInput input, in HypercallBlock block, bool isList)
    {
        // All elements are done at once, whatever becomes of the list.
        var done = new HypercallResult(HypercallStatus.Success, input.RepCount);
        bool isEx = input.Code is FlushVirtualAddressSpaceEx or FlushVirtualAddressListEx;
        Span<ulong> header = stackalloc ulong[isEx ? FlushExHeaderWords : FlushHeaderWords];
        if (!block.TryRead(0, header))
            return _invalidInput;

        Span<ulong> banks = stackalloc ulong[BankCount];
        VpBankMask mask;
        bool all;
        int listWord = header.Length;
        if (isEx)
        {
            mask = new VpBankMask(header[BankMaskWord]);
            all = header[FormatWord] != SparseFormat;
            if (input.VariableHeaderWords != mask.Count)
                return _invalidInput;
            if (!all && mask.Count == 0)
                return done;
            if (!all && !block.TryReadBanks(listWord, mask, banks))
                return _invalidInput;
            listWord += mask.Count;
        }
        else
        {
            ulong processors = header[ProcessorMaskWord];
            // Windows Server 2012 names no processor when it means all.
            all = (header[FlagsWord] & FlushAllProcessors) != 0 || processors == 0;
            mask = new VpBankMask(1);
            banks[0] = processors;
        }

        if (!Machine.Options.FlushesAddressLists)
        {
            Request(all ? Everyone() : Translate(new SparseVpSet(mask, banks)), HyperVRequests.TlbFlushGuest);
            return done;
        }
        Span<GvaRange> ranges = stackalloc GvaRange[isList && input.RepCount <= GvaFlushQueue.Capacity ? input.RepCount : 0];
        if (!ranges.IsEmpty && !TryReadRanges(block, listWord, ranges))
            return _invalidInput;
        VcpuMask targets = all ? Everyone() : Translate(new SparseVpSet(mask, banks));
        foreach (VcpuIndex index in targets)
        {
            if (Vcpu.Machine.Vcpus.TryGet(index, out Vcpu? target))
                target.HyperV.FlushQueue.Add(ranges);
        }
        Request(targets, HyperVRequests.TlbFlush);
        return done;
    }

    static bool TryReadRanges(in HypercallBlock block, int first, Span<GvaRange> ranges)
    {
        Span<ulong> words = stackalloc ulong[ranges.Length];
        if (!block.TryRead(first, words))
            return false;
        for (int at = 0; at < words.Length; at++)
            ranges[at] = new GvaRange(words[at]);
        return true;
    }

    /// <summary>
    /// Asks vCPUs to flush, and returns when none of them can use a translation that it had before.
    /// </summary>
    /// <remarks>
    /// The translations are the owner's, so that the owner leaves guest mode, or takes the request, is what counts: the
    /// library sees no access made with one, and an access that leaves guest mode for a fault or a device goes on
    /// afterwards. Before it enters again, an owner takes the request; until it has, it is not let in.
    /// </remarks>
    void Request(VcpuMask targets, VcpuRequest request)
    {
        foreach (VcpuIndex index in targets)
        {
            if (Vcpu.Machine.Vcpus.TryGet(index, out Vcpu? target))
                target.Ask(request);
            if (target is null || !target.RunsBefore(request))
                targets.Remove(index);
        }
        foreach (VcpuIndex index in targets)
        {
            if (Vcpu.Machine.Vcpus.TryGet(index, out Vcpu? target))
                WaitForFlush(target, request);
        }
    }

    void WaitForFlush(Vcpu target, VcpuRequest request)
    {
        var spin = new SpinWait();
        // One that this very thread drives runs no code until it is back there.
        while (target.RunsBefore(request) && !target.IsOwnedByCurrentThread && !Vcpu.Machine.IsDead)
        {
            Machine.TestHookFlushAwaited?.Invoke(target);
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }
}

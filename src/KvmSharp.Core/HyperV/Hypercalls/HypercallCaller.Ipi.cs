using System;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;
using static KvmSharp.HyperV.Hypercalls.HypercallCode;

namespace KvmSharp.HyperV.Hypercalls;

// Sending an interrupt to many vCPUs.
//
// The block in words: vector in the low half, then
//   basic: processor mask;
//   Ex:    format, bank mask, banks.
partial class HypercallCaller
{
    const int VectorWord = 0;
    const int IpiMaskWord = 1;
    const int IpiFormatWord = 1;
    const int IpiBankMaskWord = 2;
    const int IpiHeaderWords = 2;
    const int IpiExHeaderWords = 3;

    // Of all formats only this one means all here; a flush takes any but the sparse one for it.
    const ulong AllFormat = 1;

    const uint LowestVector = 0x10;

    HypercallResult SendIpi(HypercallInput input, in HypercallBlock block)
    {
        var done = new HypercallResult(HypercallStatus.Success);
        if (Machine.Interrupts is not { } interrupts)
            return _invalidInput;
        bool isEx = input.Code is SendSyntheticClusterIpiEx;
        Span<ulong> header = stackalloc ulong[isEx ? IpiExHeaderWords : IpiHeaderWords];
        if (!block.TryRead(0, header))
            return _invalidInput;

        uint vector = (uint)header[VectorWord];
        Span<ulong> banks = stackalloc ulong[BankCount];
        var mask = new VpBankMask(1);
        bool all = false;
        if (isEx)
        {
            mask = new VpBankMask(header[IpiBankMaskWord]);
            all = header[IpiFormatWord] == AllFormat;
            if (input.VariableHeaderWords != mask.Count)
                return _invalidInput;
            // To nobody, so the vector does not matter.
            if (!all && mask.Count == 0)
                return done;
            if (!all && !block.TryReadBanks(header.Length, mask, banks))
                return _invalidInput;
        }
        else
        {
            // The other half is reserved; in memory nobody looks at it.
            if (block.IsFast && header[VectorWord] != vector)
                return _invalidInput;
            banks[0] = header[IpiMaskWord];
        }

        if (vector is < LowestVector or > byte.MaxValue)
            return _invalidInput;
        foreach (VcpuIndex index in all ? Everyone() : Translate(new SparseVpSet(mask, banks)))
        {
            if (Vcpu.Machine.Vcpus.TryGet(index, out Vcpu? target))
                interrupts.Deliver(target, (byte)vector);
        }
        return done;
    }
}

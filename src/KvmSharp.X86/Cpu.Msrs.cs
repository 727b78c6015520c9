using System;
using KvmSharp.HyperV;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

// Model-specific registers.
partial class Cpu
{
    /// <summary>Those that make up the state, for saving and restoring it.</summary>
    internal static ReadOnlySpan<uint> SavedMsrs =>
    [
        (uint)Msr.TimeStampCounter, (uint)Msr.TscAdjust, (uint)Msr.SysenterCs, (uint)Msr.SysenterEsp, (uint)Msr.SysenterEip,
        (uint)Msr.MiscEnable, (uint)Msr.Pat, (uint)Msr.MtrrDefaultType, (uint)Msr.Star, (uint)Msr.LongStar,
        (uint)Msr.CompatibilityStar, (uint)Msr.SyscallMask, (uint)Msr.KernelGsBase, (uint)Msr.TscAux,
        // In this order: the second does nothing before the first.
        HyperVMsr.GuestOsId, HyperVMsr.Hypercall, HyperVMsr.VpIndex,
    ];

    // The counter minus the machine's clock.
    ulong _timeStampOffset;

    /// <summary>The time-stamp counter.</summary>
    internal ulong TimeStamp => Environment.Clock.Now + _timeStampOffset;

    /// <summary>Reads a register.</summary>
    /// <param name="index">Which.</param>
    /// <param name="value">What it holds.</param>
    /// <param name="byHost">Whether for the owner, who reaches more of the Hyper-V interface than the guest.</param>
    /// <returns>Whether there is such a register.</returns>
    internal bool TryReadMsr(uint index, out ulong value, bool byHost = false)
    {
        if (IsHyperV(index))
            return Vcpu.HyperV.TryReadMsr(index, out value, byHost);
        ref ModelRegisters msrs = ref State.Msrs;
        (bool known, value) = (Msr)index switch
        {
            Msr.TimeStampCounter => (true, TimeStamp),
            Msr.ApicBase => (true, ApicBase),
            Msr.TscAdjust => (true, msrs.TscAdjust),
            // No microcode, no variable ranges, no banks of machine checks.
            Msr.BiosSignId or Msr.MtrrCapabilities or Msr.McgCap or Msr.McgStatus => (true, 0UL),
            Msr.SysenterCs => (true, msrs.SysenterCs),
            Msr.SysenterEsp => (true, msrs.SysenterEsp),
            Msr.SysenterEip => (true, msrs.SysenterEip),
            Msr.MiscEnable => (true, msrs.MiscEnable),
            Msr.Pat => (true, msrs.Pat),
            Msr.MtrrDefaultType => (true, msrs.MtrrDefaultType),
            Msr.Efer => (true, State.Efer),
            Msr.Star => (true, msrs.Star),
            Msr.LongStar => (true, msrs.LongStar),
            Msr.CompatibilityStar => (true, msrs.CompatibilityStar),
            Msr.SyscallMask => (true, msrs.SyscallMask),
            Msr.FsBase => (true, State.Segments[(int)SegmentName.Fs].Base),
            Msr.GsBase => (true, State.Segments[(int)SegmentName.Gs].Base),
            Msr.KernelGsBase => (true, msrs.KernelGsBase),
            Msr.TscAux => (true, msrs.TscAux),
            _ => (false, 0UL),
        };
        if (!known && Apic is { } apic)
            return apic.TryReadMsr(index, out value);
        return known;
    }

    /// <summary>Writes a register.</summary>
    /// <param name="index">Which.</param>
    /// <param name="value">What to write.</param>
    /// <param name="byHost">Whether for the owner, who reaches more of the Hyper-V interface than the guest.</param>
    /// <returns>Whether there is such a register, and it can have the value.</returns>
    internal bool TryWriteMsr(uint index, ulong value, bool byHost = false)
    {
        if (IsHyperV(index))
            return TryWriteHyperVMsr(index, value, byHost);
        ref ModelRegisters msrs = ref State.Msrs;
        switch ((Msr)index)
        {
            case Msr.TimeStampCounter:
                ulong before = TimeStamp;
                _timeStampOffset = value - Environment.Clock.Now;
                // The adjustment counts what writing the counter has changed.
                msrs.TscAdjust += value - before;
                return true;
            case Msr.TscAdjust:
                _timeStampOffset += value - msrs.TscAdjust;
                msrs.TscAdjust = value;
                return true;
            case Msr.BiosSignId or Msr.McgStatus:
                return true;
            case Msr.ApicBase:
                // Without a local APIC there is nothing to move or to switch on.
                return Apic?.TrySetBase(value, Cpuid.HasX2Apic, byHost) ?? value == msrs.ApicBase;
            case Msr.SysenterCs:
                msrs.SysenterCs = (uint)value;
                return true;
            case Msr.SysenterEsp:
                return TrySetAddress(ref msrs.SysenterEsp, value);
            case Msr.SysenterEip:
                return TrySetAddress(ref msrs.SysenterEip, value);
            case Msr.MiscEnable:
                msrs.MiscEnable = value;
                return true;
            case Msr.Pat:
                if (!IsPat(value))
                    return false;
                msrs.Pat = value;
                return true;
            case Msr.MtrrDefaultType:
                msrs.MtrrDefaultType = value & 0xCFF;
                return (value & ~0xCFFUL) == 0;
            case Msr.Efer:
                return TrySetEfer(value);
            case Msr.Star:
                msrs.Star = value;
                return true;
            case Msr.LongStar:
                return TrySetAddress(ref msrs.LongStar, value);
            case Msr.CompatibilityStar:
                return TrySetAddress(ref msrs.CompatibilityStar, value);
            case Msr.SyscallMask:
                msrs.SyscallMask = (uint)value;
                return true;
            case Msr.FsBase:
                return TrySetBase(SegmentName.Fs, value);
            case Msr.GsBase:
                return TrySetBase(SegmentName.Gs, value);
            case Msr.KernelGsBase:
                return TrySetAddress(ref msrs.KernelGsBase, value);
            case Msr.TscAux:
                msrs.TscAux = (uint)value;
                return value >> 32 == 0;
            default:
                return Apic?.TryWriteMsr(index, value) ?? false;
        }
    }

    static bool IsHyperV(uint index) => index is >= HyperVMsr.GuestOsId and <= HyperVMsr.VpIndex;

    bool TrySetAddress(ref ulong register, ulong value)
    {
        if (!IsCanonical(value))
            return false;
        register = value;
        return true;
    }

    bool TrySetBase(SegmentName name, ulong value)
    {
        if (!IsCanonical(value))
            return false;
        Segment segment = State.Segments[(int)name];
        segment.Base = value;
        State.SetSegment(name, segment);
        return true;
    }

    // Each byte is a memory type.
    static bool IsPat(ulong value)
    {
        for (int index = 0; index < 8; index++, value >>= 8)
        {
            if ((byte)value is 2 or 3 or > 7)
                return false;
        }
        return true;
    }
}

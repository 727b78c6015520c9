using KvmSharp.Backends;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

/// <summary>Between KVM's layouts of state and this CPU's.</summary>
static class KvmState
{
    internal static KvmSegment Of(in Segment segment) => new()
    {
        Base = segment.Base,
        Limit = segment.Limit,
        Selector = segment.Selector,
        Type = (byte)segment.Type,
        Present = Bit(segment.Attributes, Segment.Present),
        Dpl = (byte)segment.Dpl,
        Db = Bit(segment.Attributes, Segment.Big),
        S = Bit(segment.Attributes, Segment.CodeOrData),
        L = Bit(segment.Attributes, Segment.Long),
        G = Bit(segment.Attributes, Segment.Granular),
        Avl = Bit(segment.Attributes, Segment.Available),
        Unusable = Bit(segment.Attributes, Segment.Unusable),
    };

    internal static Segment ToSegment(in KvmSegment segment) => new()
    {
        Base = segment.Base,
        Limit = segment.Limit,
        Selector = segment.Selector,
        Attributes = (segment.Type & Segment.TypeMask)
            | Flag(segment.Present, Segment.Present)
            | ((segment.Dpl & 3u) << Segment.DplShift)
            | Flag(segment.Db, Segment.Big)
            | Flag(segment.S, Segment.CodeOrData)
            | Flag(segment.L, Segment.Long)
            | Flag(segment.G, Segment.Granular)
            | Flag(segment.Avl, Segment.Available)
            | Flag(segment.Unusable, Segment.Unusable)
            // As KVM: what is not present is not usable.
            | Flag((byte)(segment.Present == 0 ? 1 : 0), Segment.Unusable),
    };

    /// <summary>Why no processor could be in this state, or none.</summary>
    internal static string? Breach(in KvmSregs sregs, ulong apicBase)
    {
        bool pages = (sregs.Cr0 & Cr0.PG) != 0;
        bool wantsLong = (sregs.Efer & Efer.LME) != 0 && pages;
        if ((sregs.Cr0 & ~Cr0.Defined) != 0)
            return $"CR0 0x{sregs.Cr0:x} has bits beyond 0x{Cr0.Defined:x}";
        if ((sregs.Cr4 & ~Cr4.Defined) != 0)
            return $"CR4 0x{sregs.Cr4:x} has bits beyond 0x{Cr4.Defined:x}";
        if ((sregs.Efer & ~Efer.Defined) != 0)
            return $"EFER 0x{sregs.Efer:x} has bits beyond 0x{Efer.Defined:x}";
        if (pages && (sregs.Cr0 & Cr0.PE) == 0)
            return $"CR0 0x{sregs.Cr0:x}: paging without protection";
        if (wantsLong && ((sregs.Cr4 & Cr4.PAE) == 0 || (sregs.Efer & Efer.LMA) == 0))
            return $"EFER 0x{sregs.Efer:x} and CR4 0x{sregs.Cr4:x}: paging in long mode wants LMA and PAE";
        if (!wantsLong && ((sregs.Efer & Efer.LMA) != 0 || sregs.Cs.L != 0))
            return $"EFER 0x{sregs.Efer:x}, CS.L {sregs.Cs.L}: long mode without paging in long mode";
        if (sregs.ApicBase != apicBase && sregs.ApicBase != 0)
            return $"the APIC base 0x{sregs.ApicBase:x} is not 0x{apicBase:x}: there is no APIC";
        return null;
    }

    static byte Bit(uint attributes, uint bit) => (byte)((attributes & bit) != 0 ? 1 : 0);

    static uint Flag(byte value, uint bit) => value != 0 ? bit : 0;
}

using System.Runtime.CompilerServices;

namespace KvmSharp.X86.State;

/// <summary>What a program can see of the CPU, vector registers aside. A value: copied to be put back when a transfer fails.</summary>
struct CpuState
{
    /// <summary>General registers, RIP, segment bases.</summary>
    internal Registers Registers;

    /// <summary>The arithmetic flags.</summary>
    internal LazyFlags Flags;

    /// <summary>The other flags: <see cref="RFlags.Defined"/> without <see cref="RFlags.Arithmetic"/>.</summary>
    internal ulong SystemFlags;

    internal Segments Segments;
    internal Segment Ldt;
    internal Segment Task;
    internal DescriptorTable Gdt;
    internal DescriptorTable Idt;

    internal ulong Cr0;
    internal ulong Cr2;
    internal ulong Cr3;
    internal ulong Cr4;
    internal ulong Cr8;
    internal ulong Efer;

    /// <summary>Current privilege level, 0 … 3.</summary>
    internal int Cpl;

    /// <summary>The four page-directory pointers, as PAE paging loads them.</summary>
    internal FourWords Pdpte;

    internal FourWords BreakpointAddress;
    internal ulong Dr6;
    internal ulong Dr7;

    /// <summary>XCR0.</summary>
    internal ulong Xcr0;

    internal ModelRegisters Msrs;

    /// <summary>Interrupts are held back for one instruction: by STI, or by a load of SS, which holds back #DB as well.</summary>
    internal InterruptShadow Shadow;

    /// <summary>RFLAGS whole.</summary>
    internal ulong RFlagsValue
    {
        readonly get => SystemFlags | RFlags.AlwaysSet | Flags.Value;

        set
        {
            Flags.Value = value & RFlags.Arithmetic;
            SystemFlags = value & RFlags.Defined & ~(RFlags.Arithmetic | RFlags.AlwaysSet);
        }
    }

    /// <summary>The state after power-on, as the manuals have it.</summary>
    internal static CpuState AtReset()
    {
        CpuState state = default;
        state.Cr0 = KvmSharp.X86.State.Cr0.AtReset;
        state.Dr6 = DebugBits.Dr6AlwaysSet;
        state.Dr7 = DebugBits.Dr7AlwaysSet;
        state.Xcr0 = 1;
        state.Idt.Limit = ushort.MaxValue;
        state.Gdt.Limit = ushort.MaxValue;
        for (int segment = 0; segment < KvmSharp.X86.State.Segments.Count; segment++)
            state.SetSegment((SegmentName)segment, Segment.Real(0, Segment.Writable | Segment.Accessed));
        Segment code = Segment.Real(0xF000, Segment.Code | Segment.Readable | Segment.Accessed);
        code.Base = 0xFFFF_0000;
        state.SetSegment(SegmentName.Cs, code);
        state.Ldt = new Segment { Limit = ushort.MaxValue, Attributes = Segment.Present | Segment.Ldt };
        state.Task = new Segment { Limit = ushort.MaxValue, Attributes = Segment.Present | Segment.BusyTss };
        state.Registers[Register.Rip] = 0xFFF0;
        state.Registers[Register.Rdx] = ModelRegisters.Signature;
        state.Msrs = ModelRegisters.AtReset();
        return state;
    }

    /// <summary>Sets a segment register; its base is kept where addresses are summed, too.</summary>
    internal void SetSegment(SegmentName name, in Segment segment)
    {
        Segments[(int)name] = segment;
        Registers[Register.SegmentBase + (int)name] = segment.Base;
    }

    [InlineArray(4)]
    internal struct FourWords
    {
        ulong _first;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmSharp.Backends;

/// <summary>Segments, descriptor tables and control registers: <c>struct kvm_sregs</c>, 312 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmSregs
{
    /// <summary>The code segment.</summary>
    public KvmSegment Cs;

    /// <summary>The data segment.</summary>
    public KvmSegment Ds;

    /// <summary>The extra segment.</summary>
    public KvmSegment Es;

    /// <summary>Another data segment.</summary>
    public KvmSegment Fs;

    /// <summary>Another data segment.</summary>
    public KvmSegment Gs;

    /// <summary>The stack segment.</summary>
    public KvmSegment Ss;

    /// <summary>The task state.</summary>
    public KvmSegment Tr;

    /// <summary>The local descriptor table.</summary>
    public KvmSegment Ldt;

    /// <summary>The global descriptor table.</summary>
    public KvmDtable Gdt;

    /// <summary>The interrupt descriptor table.</summary>
    public KvmDtable Idt;

    /// <summary>CR0.</summary>
    public ulong Cr0;

    /// <summary>CR2: the linear address of the last page fault.</summary>
    public ulong Cr2;

    /// <summary>CR3: the root of the page tables.</summary>
    public ulong Cr3;

    /// <summary>CR4.</summary>
    public ulong Cr4;

    /// <summary>CR8: the task priority.</summary>
    public ulong Cr8;

    /// <summary>The extended features MSR: long mode, no-execute, SYSCALL.</summary>
    public ulong Efer;

    /// <summary>The APIC base MSR.</summary>
    public ulong ApicBase;

    /// <summary>A bit for each vector that is pending; one at most is set.</summary>
    public KvmInterruptBitmap InterruptBitmap;
}

/// <summary>256 bits, one a vector.</summary>
[InlineArray(4)]
public struct KvmInterruptBitmap
{
    ulong _first;
}

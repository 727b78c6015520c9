using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmSharp.Hardware.Abi;

/// <summary>The page that a vCPU shares with the kernel, as far as it is used; the structures from 32 on lie over each
/// other, and the exit reason says which counts.</summary>
[StructLayout(LayoutKind.Explicit, Size = 2352)]
struct kvm_run
{
    [FieldOffset(0)]
    internal byte request_interrupt_window;

    [FieldOffset(1)]
    internal byte immediate_exit;

    [FieldOffset(8)]
    internal uint exit_reason;

    [FieldOffset(12)]
    internal byte ready_for_interrupt_injection;

    [FieldOffset(13)]
    internal byte if_flag;

    [FieldOffset(14)]
    internal ushort flags;

    [FieldOffset(16)]
    internal ulong cr8;

    [FieldOffset(24)]
    internal ulong apic_base;

    [FieldOffset(32)]
    internal Hw hw;

    [FieldOffset(32)]
    internal FailEntry fail_entry;

    [FieldOffset(32)]
    internal Debug debug;

    [FieldOffset(32)]
    internal Io io;

    [FieldOffset(32)]
    internal Mmio mmio;

    [FieldOffset(32)]
    internal Hypercall hypercall;

    [FieldOffset(32)]
    internal InternalError @internal;

    [FieldOffset(32)]
    internal SystemEvent system_event;

    [FieldOffset(32)]
    internal MemoryFault memory_fault;

    internal struct Hw
    {
        internal ulong hardware_exit_reason;
    }

    internal struct FailEntry
    {
        internal ulong hardware_entry_failure_reason;
        internal uint cpu;
    }

    internal struct Debug
    {
        internal uint exception;
        internal uint pad;
        internal ulong pc;
        internal ulong dr6;
        internal ulong dr7;
    }

    internal struct Io
    {
        internal byte direction;
        internal byte size;
        internal ushort port;
        internal uint count;
        internal ulong data_offset;
    }

    internal struct Mmio
    {
        internal ulong phys_addr;
        internal ulong data;
        internal uint len;
        internal byte is_write;
    }

    internal struct Hypercall
    {
        internal ulong nr;
        internal Arguments args;
        internal ulong ret;
        internal uint longmode;

        [InlineArray(6)]
        internal struct Arguments
        {
            ulong _first;
        }
    }

    internal struct InternalError
    {
        internal uint suberror;
        internal uint ndata;
        internal ulong flags;
        internal byte insn_size;
        internal Instruction insn_bytes;

        [InlineArray(15)]
        internal struct Instruction
        {
            byte _first;
        }
    }

    internal struct SystemEvent
    {
        internal uint type;
        internal uint ndata;
    }

    internal struct MemoryFault
    {
        internal ulong flags;
        internal ulong gpa;
        internal ulong size;
    }
}

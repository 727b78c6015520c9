using System;
using System.Globalization;
using System.Runtime.CompilerServices;
using KvmSharp.Addresses;

namespace KvmSharp.Backends;

/// <summary>
/// Why a vCPU left the guest, and what it wants done. It borrows from the vCPU: good until the vCPU runs again or is
/// disposed, and it cannot be kept in an object.
/// </summary>
/// <remarks>
/// The protocol is that of <c>KVM_RUN</c>: fill in <see cref="Data"/> where the guest waits for an answer, and run again.
/// Each view (<see cref="Io"/>, <see cref="Mmio"/> …) has a meaning with its own reason only.
/// </remarks>
public readonly ref struct VcpuExit
{
    readonly Words _words;

    VcpuExit(VcpuExitReason reason, Span<byte> data, scoped in Words words)
    {
        Reason = reason;
        Data = data;
        _words = words;
    }

    /// <summary>Makes an exit that has no more to say.</summary>
    public VcpuExit(VcpuExitReason reason)
        : this(reason, default, default)
    {
    }

    /// <summary>Why.</summary>
    public VcpuExitReason Reason { get; }

    /// <summary>
    /// The bytes that pass between guest and user: of a write, what the guest wrote; of a read, room for the answer, which
    /// the next run takes from here; of a hypercall, eight bytes for its result; of an internal error, the bytes of the
    /// instruction, if they are known.
    /// </summary>
    public Span<byte> Data { get; }

    /// <summary>The access to a port.</summary>
    public IoExit Io => new((IoDirection)_words[0], (int)_words[1], (ushort)_words[2], (int)_words[3]);

    /// <summary>The access outside memory.</summary>
    public MmioExit Mmio => new(new Gpa(_words[0]), (int)_words[1], _words[2] != 0);

    /// <summary>The hypercall.</summary>
    public HypercallExit Hypercall => new(
        _words[0], new HypercallArguments(_words[1], _words[2], _words[3], _words[4], _words[5], _words[6]), _words[7] != 0);

    /// <summary>What the debugger asked for.</summary>
    public DebugExit Debug => new((uint)_words[0], _words[1], _words[2], _words[3]);

    /// <summary>The refusal of the processor.</summary>
    public FailEntryExit FailEntry => new(_words[0], (uint)_words[1]);

    /// <summary>Why the vCPU cannot go on.</summary>
    public InternalErrorExit InternalError => new((InternalErrorKind)_words[0]);

    /// <summary>What the guest wants of its machine.</summary>
    public SystemEventExit SystemEvent => new((SystemEventKind)_words[0]);

    /// <summary>Where there is no memory.</summary>
    public MemoryFaultExit MemoryFault => new(_words[0], new Gpa(_words[1]), _words[2]);

    /// <summary>The processor's own number, with <see cref="VcpuExitReason.Unknown"/>.</summary>
    public ulong HardwareReason => _words[0];

    /// <summary>Makes the exit of an access to a port.</summary>
    /// <param name="io">The access.</param>
    /// <param name="data">Size times count bytes.</param>
    public static VcpuExit OfIo(scoped in IoExit io, Span<byte> data)
    {
        Words words = default;
        words[0] = (ulong)io.Direction;
        words[1] = (ulong)io.Size;
        words[2] = io.Port;
        words[3] = (ulong)io.Count;
        return new VcpuExit(VcpuExitReason.Io, data, words);
    }

    /// <summary>Makes the exit of an access outside memory.</summary>
    /// <param name="mmio">The access.</param>
    /// <param name="data">As many bytes.</param>
    public static VcpuExit OfMmio(scoped in MmioExit mmio, Span<byte> data)
    {
        Words words = default;
        words[0] = mmio.Address.Value;
        words[1] = (ulong)mmio.Length;
        words[2] = mmio.IsWrite ? 1UL : 0;
        return new VcpuExit(VcpuExitReason.Mmio, data, words);
    }

    /// <summary>Makes the exit of a hypercall.</summary>
    /// <param name="hypercall">The call.</param>
    /// <param name="result">Eight bytes.</param>
    public static VcpuExit OfHypercall(scoped in HypercallExit hypercall, Span<byte> result)
    {
        Words words = default;
        words[0] = hypercall.Number;
        (words[1], words[2], words[3], words[4], words[5], words[6]) = hypercall.Arguments;
        words[7] = hypercall.IsLongMode ? 1UL : 0;
        return new VcpuExit(VcpuExitReason.Hypercall, result, words);
    }

    /// <summary>Makes the exit of a debugger's stop.</summary>
    public static VcpuExit OfDebug(scoped in DebugExit debug) =>
        Of(VcpuExitReason.Debug, debug.Exception, debug.Pc, debug.Dr6, debug.Dr7);

    /// <summary>Makes the exit of an entry that the processor refused.</summary>
    public static VcpuExit OfFailEntry(scoped in FailEntryExit fail) => Of(VcpuExitReason.FailEntry, fail.HardwareReason, fail.Cpu);

    /// <summary>Makes the exit of a vCPU that cannot go on.</summary>
    /// <param name="kind">Why.</param>
    /// <param name="instruction">The bytes of the instruction, if they are known.</param>
    public static VcpuExit OfInternalError(InternalErrorKind kind, Span<byte> instruction)
    {
        Words words = default;
        words[0] = (ulong)kind;
        return new VcpuExit(VcpuExitReason.InternalError, instruction, words);
    }

    /// <summary>Makes the exit of a guest that wants something of its machine.</summary>
    public static VcpuExit OfSystemEvent(SystemEventKind kind) => Of(VcpuExitReason.SystemEvent, (ulong)kind);

    /// <summary>Makes the exit of an address in a slot that has no memory behind it.</summary>
    public static VcpuExit OfMemoryFault(scoped in MemoryFaultExit fault) =>
        Of(VcpuExitReason.MemoryFault, fault.Flags, fault.Address.Value, fault.Size);

    /// <summary>Makes the exit of a reason that only the processor knows.</summary>
    public static VcpuExit OfUnknown(ulong hardwareReason) => Of(VcpuExitReason.Unknown, hardwareReason);

    /// <summary>The reason and what matters of the rest, in hex.</summary>
    public override string ToString() => Reason switch
    {
        VcpuExitReason.Io => $"{Reason} {Io} {Convert.ToHexStringLower(Data)}",
        VcpuExitReason.Mmio => $"{Reason} {Mmio} {Convert.ToHexStringLower(Data)}",
        VcpuExitReason.Hypercall => string.Create(CultureInfo.InvariantCulture, $"{Reason} 0x{Hypercall.Number:x}"),
        VcpuExitReason.Debug => string.Create(CultureInfo.InvariantCulture, $"{Reason} {Debug.Exception} at 0x{Debug.Pc:x}"),
        VcpuExitReason.FailEntry => string.Create(CultureInfo.InvariantCulture, $"{Reason} 0x{FailEntry.HardwareReason:x}"),
        VcpuExitReason.InternalError => $"{Reason} {InternalError.Kind} {Convert.ToHexStringLower(Data)}",
        VcpuExitReason.SystemEvent => $"{Reason} {SystemEvent.Kind}",
        VcpuExitReason.MemoryFault => $"{Reason} {MemoryFault.Address}",
        VcpuExitReason.Unknown => string.Create(CultureInfo.InvariantCulture, $"{Reason} 0x{HardwareReason:x}"),
        _ => Reason.ToString(),
    };

    static VcpuExit Of(VcpuExitReason reason, ulong first, ulong second = 0, ulong third = 0, ulong fourth = 0)
    {
        Words words = default;
        words[0] = first;
        words[1] = second;
        words[2] = third;
        words[3] = fourth;
        return new VcpuExit(reason, default, words);
    }

    // As many as a hypercall needs.
    [InlineArray(8)]
    struct Words
    {
        ulong _first;
    }
}

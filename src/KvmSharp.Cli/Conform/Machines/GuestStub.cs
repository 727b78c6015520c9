using System;
using System.Buffers.Binary;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Cli.Conform.Language;

namespace KvmSharp.Cli.Conform.Machines;

/// <summary>
/// Real-mode code that makes one access each: at the address in EBX or the port in DX, with the value in EAX, and then halts –
/// or, where a guest that halts waits inside, writes to a port. The segments are flat, the code's own begins where the page
/// lies.
/// </summary>
/// <remarks>
/// The page: code that halts; the same code that ends at a port; a table of interrupts, which lead to a call each, by whose
/// return address the vector is known; and the stack.
/// </remarks>
static class GuestStub
{
    const int Spacing = 16;
    const byte Hlt = 0xf4;
    const byte Call = 0xe8;
    const byte PopAx = 0x58;

    // A byte written here says that the guest is done.
    const byte EndPort = 0xfe;

    // The parts of the page, by their offsets.
    const int PortEnding = 0x400;
    const int AcceptanceEntry = 0x600;
    const int Handler = 0x700;
    const int Table = 0x800;
    const int Calls = 0xc00;
    const int StackTop = 0x1000;

    const int Vectors = 256;
    const int CallBytes = 3;

    // An address of 32 bits, an operand of 32 bits.
    const byte LongAddress = 0x67;
    const byte LongOperand = 0x66;

    static readonly byte[][] _codes =
    [
        [LongAddress, 0x88, 0x03],              // mov [ebx], al
        [LongAddress, 0x89, 0x03],              // mov [ebx], ax
        [LongAddress, LongOperand, 0x89, 0x03], // mov [ebx], eax
        [LongAddress, 0x8a, 0x03],              // mov al, [ebx]
        [LongAddress, 0x8b, 0x03],              // mov ax, [ebx]
        [LongAddress, LongOperand, 0x8b, 0x03], // mov eax, [ebx]
        [0xee],                                 // out dx, al
        [0xef],                                 // out dx, ax
        [LongOperand, 0xef],                    // out dx, eax
        [0xec],                                 // in al, dx
        [0xed],                                 // in ax, dx
        [LongOperand, 0xed],                    // in eax, dx
    ];

    // Begun with interrupts on, and no STI before: a kernel's emulator may not come to look between it and what follows.
    // nop; cli; xor ax, ax: none came.
    static readonly byte[] _acceptance = [0x90, 0xfa, 0x31, 0xc0];

    // out EndPort, al.
    static readonly byte[] _end = [0xe6, EndPort];

    /// <summary>Fills the page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="gpa">Where the guest finds it.</param>
    internal static void WriteTo(Span<byte> page, Gpa gpa)
    {
        page.Fill(Hlt);
        for (int index = 0; index < _codes.Length; index++)
        {
            _codes[index].CopyTo(page[(index * Spacing)..]);
            WriteEnding(page[(PortEnding + (index * Spacing))..], _codes[index]);
        }
        WriteEnding(page[AcceptanceEntry..], _acceptance);
        for (int vector = 0; vector < Vectors; vector++)
        {
            int call = Calls + (vector * CallBytes);
            BinaryPrimitives.WriteUInt16LittleEndian(page[(Table + (vector * sizeof(uint)))..], (ushort)call);
            BinaryPrimitives.WriteUInt16LittleEndian(page[(Table + (vector * sizeof(uint)) + 2)..], (ushort)(gpa.Value >> 4));
            page[call] = Call;
            BinaryPrimitives.WriteInt16LittleEndian(page[(call + 1)..], (short)(Handler - call - CallBytes));
        }
        WriteEnding(page[Handler..], [PopAx]);
    }

    static void WriteEnding(Span<byte> at, ReadOnlySpan<byte> code)
    {
        code.CopyTo(at);
        _end.CopyTo(at[code.Length..]);
    }

    /// <summary>Gives a vCPU in real mode a data segment of 4 GiB, as after a jump to protected mode and back.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="code">Where the page of code lies.</param>
    internal static void Prepare(IVcpu vcpu, Gpa code)
    {
        vcpu.GetSregs(out KvmSregs sregs);
        sregs.Ds.Limit = uint.MaxValue;
        sregs.Ds.G = 1;
        sregs.Cs.Base = code.Value;
        sregs.Cs.Selector = (ushort)(code.Value >> 4);
        sregs.Ss.Base = code.Value;
        sregs.Ss.Selector = sregs.Cs.Selector;
        sregs.Idt.Base = code.Value + Table;
        sregs.Idt.Limit = (Vectors * sizeof(uint)) - 1;
        vcpu.SetSregs(sregs);
    }

    /// <summary>Lets an interrupt in.</summary>
    /// <returns>Its vector in words, or <c>none</c>; or the exit that ended the attempt.</returns>
    internal static string Accept(IVcpu vcpu)
    {
        vcpu.SetRegs(new KvmRegs { Rip = AcceptanceEntry, Rflags = 0x202, Rsp = StackTop });
        VcpuExit exit = vcpu.Run();
        if (exit.Reason != VcpuExitReason.Io || exit.Io.Port != EndPort)
            return ExitText.Of(exit);
        vcpu.GetRegs(out KvmRegs regs);
        ushort from = (ushort)regs.Rax;
        return from == 0 ? "none" : Outcome.Of((ulong)((from - Calls) / CallBytes) - 1);
    }

    /// <summary>Makes an access.</summary>
    /// <param name="vcpu">Who.</param>
    /// <param name="access">The access.</param>
    /// <param name="endsAtPort">Whether a guest that halts would wait inside.</param>
    internal static GuestAccess Run(IVcpu vcpu, GuestAccess access, bool endsAtPort)
    {
        vcpu.SetRegs(new KvmRegs
        {
            Rip = EntryFor(access) + (endsAtPort ? PortEnding : 0UL),
            Rflags = 2,
            Rax = access.Value,
            Rbx = access.Address,
            Rdx = access.Address & ushort.MaxValue,
        });
        while (true)
        {
            VcpuExit exit = vcpu.Run();
            switch (exit.Reason)
            {
                case VcpuExitReason.Mmio when exit.Mmio.IsWrite:
                    access.Pieces.Add(MmioText.Write(exit.Mmio.Address.Value, exit.Data));
                    continue;
                case VcpuExitReason.Mmio:
                    access.Pieces.Add(MmioText.Read(exit.Mmio.Address.Value, exit.Mmio.Length));
                    exit.Data.Fill(GuestAccess.OpenBus);
                    continue;
                case VcpuExitReason.Io when access.IsPort && !(endsAtPort && exit.Io.Port == EndPort):
                    access.Pieces.Add(ExitText.Of(exit));
                    if (!access.IsWrite)
                        exit.Data.Fill(GuestAccess.OpenBus);
                    continue;
                case VcpuExitReason.Io when endsAtPort:
                case VcpuExitReason.Hlt:
                // The host may interrupt the guest between the access that fills the ring and HLT, and not let it in again.
                case VcpuExitReason.DirtyRingFull when HasMade(vcpu, access):
                    vcpu.GetRegs(out KvmRegs regs);
                    uint mask = access.Size == 4 ? uint.MaxValue : (1u << (access.Size * 8)) - 1;
                    return access.IsWrite ? access : access with { Value = (uint)regs.Rax & mask };
                default:
                    return access with { Obstacle = ExitText.Of(exit) };
            }
        }
    }

    static bool HasMade(IVcpu vcpu, GuestAccess access)
    {
        vcpu.GetRegs(out KvmRegs regs);
        return regs.Rip != EntryFor(access);
    }

    // Where the code for an access begins, from the start of the page.
    static ulong EntryFor(GuestAccess access)
    {
        const int Widths = 3;
        int width = access.Size switch { 1 => 0, 2 => 1, _ => 2 };
        int kind = (access.IsPort ? 2 : 0) + (access.IsWrite ? 0 : 1);
        return (ulong)(((kind * Widths) + width) * Spacing);
    }
}

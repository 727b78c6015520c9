using System;
using KvmSharp.Addresses;
using KvmSharp.Backends;

namespace KvmSharp.Cli.Conform.Machines;

/// <summary>
/// Real-mode code that makes one access each: at the address in EBX or the port in DX, with the value in EAX, and then halts.
/// The segments are flat, the code's own begins where the page lies.
/// </summary>
static class GuestStub
{
    const int Spacing = 16;
    const byte Hlt = 0xf4;

    // An address of 32 bits, an operand of 32 bits.
    const byte LongAddress = 0x67;
    const byte LongOperand = 0x66;

    static readonly byte[][] _codes =
    [
        [LongAddress, 0x88, 0x03, Hlt],              // mov [ebx], al
        [LongAddress, 0x89, 0x03, Hlt],              // mov [ebx], ax
        [LongAddress, LongOperand, 0x89, 0x03, Hlt], // mov [ebx], eax
        [LongAddress, 0x8a, 0x03, Hlt],              // mov al, [ebx]
        [LongAddress, 0x8b, 0x03, Hlt],              // mov ax, [ebx]
        [LongAddress, LongOperand, 0x8b, 0x03, Hlt], // mov eax, [ebx]
        [0xee, Hlt],                                 // out dx, al
        [0xef, Hlt],                                 // out dx, ax
        [LongOperand, 0xef, Hlt],                    // out dx, eax
    ];

    internal static void WriteTo(Span<byte> page)
    {
        page.Fill(Hlt);
        for (int index = 0; index < _codes.Length; index++)
            _codes[index].CopyTo(page[(index * Spacing)..]);
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
        vcpu.SetSregs(sregs);
    }

    /// <summary>Makes an access.</summary>
    internal static GuestAccess Run(IVcpu vcpu, GuestAccess access)
    {
        vcpu.SetRegs(new KvmRegs
        {
            Rip = EntryFor(access),
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
                case VcpuExitReason.Io when access.IsPort:
                    access.Pieces.Add(ExitText.Of(exit));
                    continue;
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
        int kind = access.IsPort ? 2 : access.IsWrite ? 0 : 1;
        return (ulong)(((kind * Widths) + width) * Spacing);
    }
}

using System;
using System.IO;
using Iced.Intel;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.X86.Tests.Guests;

/// <summary>A small machine with one vCPU, in a mode, with code put together by Iced's assembler.</summary>
/// <remarks>Memory is at 0. Code is at <see cref="Code"/>, the stack grows down from <see cref="Stack"/>.</remarks>
sealed class Guest : IDisposable
{
    internal const ulong Code = 0x8000;
    internal const ulong Stack = 0x7000;

    /// <summary>The stack that exceptions of user code come on.</summary>
    internal const ulong KernelStack = 0x6000;
    internal const ulong Handlers = 0x4_0000;
    internal const byte Halt = 0xF4;

    /// <summary>Where tests put data.</summary>
    internal const ulong Data = 0x2_0000;

    /// <summary>Descriptor tables, as tests need them.</summary>
    internal const ulong Gdt = 0x1000;
    internal const ulong Idt = 0x2000;
    internal const ulong Task = 0x3000;

    internal const ushort KernelCode = 0x08;
    internal const ushort KernelData = 0x10;
    internal const ushort UserData = 0x1B;
    internal const ushort UserCode = 0x23;
    internal const ushort TaskSelector = 0x28;

    internal const ulong MemoryBytes = 16UL << 20;

    /// <summary>Bits of a guest physical address; those above are reserved in page tables.</summary>
    internal const int PhysicalBits = 46;

    // Host memory on both sides of the guest's, in no slot.
    const ulong Margin = 16 * Page.Size;

    readonly AnonymousMemory _memory = AnonymousMemory.Create(Margin + MemoryBytes + Margin);

    Guest(int bits, bool irqchip = false)
    {
        Bits = bits;
        Machine = SoftwareBackend.Instance.CreateMachine(
            new VirtualMachineOptions { GuestAddressBits = PhysicalBits });
        if (irqchip)
            Machine.TryCreateIrqchip();
        Machine.Slots.Add(new Gpa(0), _memory, Margin, MemoryBytes);
        Vcpu = Machine.CreateVcpu(new VcpuId(0));
    }

    internal SoftwareMachine Machine { get; }

    internal SoftwareVcpu Vcpu { get; }

    internal MachineMemory Memory => Machine.Memory;

    internal int Bits { get; }

    /// <summary>General registers; set as a whole.</summary>
    internal KvmRegs Regs
    {
        get
        {
            Vcpu.GetRegs(out KvmRegs regs);
            return regs;
        }
        set => Vcpu.SetRegs(in value);
    }

    internal KvmSregs Sregs
    {
        get
        {
            Vcpu.GetSregs(out KvmSregs sregs);
            return sregs;
        }
        set => Vcpu.SetSregs(in value);
    }

    /// <summary>Real mode, all segments at 0.</summary>
    internal static Guest Real()
    {
        var guest = new Guest(16);
        KvmSregs sregs = guest.Sregs;
        sregs.Cs = sregs.Ds with { Type = 0xB };
        sregs.Idt = new KvmDtable { Limit = 0x3FF };
        guest.Sregs = sregs;
        guest.Regs = new KvmRegs { Rip = Code, Rsp = Stack, Rflags = 2 };
        return guest;
    }

    /// <summary>32-bit protected mode without paging, flat segments.</summary>
    internal static Guest Protected(bool irqchip = false)
    {
        var guest = new Guest(32, irqchip);
        guest.WriteDescriptors(codeFlags: 0xC);
        KvmSregs sregs = guest.Sregs;
        SetFlat(ref sregs, isLong: false);
        sregs.Cr0 = 0x11;
        guest.Sregs = sregs;
        guest.Regs = new KvmRegs { Rip = Code, Rsp = Stack, Rflags = 2 };
        return guest;
    }

    /// <summary>64-bit mode, all memory mapped where it is, for users too.</summary>
    internal static Guest Long(bool irqchip = false)
    {
        var guest = new Guest(64, irqchip);
        guest.WriteDescriptors(codeFlags: 0xA);
        guest.Tables = new PageTables(guest.Memory);
        guest.Tables.MapIdentity(MemoryBytes, PageTables.Present | PageTables.Writable | PageTables.User);
        KvmSregs sregs = guest.Sregs;
        SetFlat(ref sregs, isLong: true);
        sregs.Cr0 = 0x8000_0011;
        sregs.Cr3 = PageTables.Root;
        sregs.Cr4 = 0x20;
        sregs.Efer = 0xD01;
        guest.Sregs = sregs;
        guest.Regs = new KvmRegs { Rip = Code, Rsp = Stack, Rflags = 2 };
        return guest;
    }

    /// <summary>The page tables of a 64-bit guest.</summary>
    internal PageTables Tables { get; private set; } = null!;

    /// <summary>Puts code at an address.</summary>
    /// <returns>The address after it.</returns>
    internal ulong Assemble(Action<Assembler> write, ulong at = Code)
    {
        var assembler = new Assembler(Bits);
        write(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), at);
        Memory.TryWrite(new Gpa(at), stream.ToArray(), out _);
        return at + (ulong)stream.Length;
    }

    internal void Write(ulong at, params ReadOnlySpan<byte> bytes) => Memory.TryWrite(new Gpa(at), bytes, out _);

    internal T Read<T>(ulong at)
        where T : unmanaged => Memory.Read<T>(new Gpa(at));

    internal void Write<T>(ulong at, T value)
        where T : unmanaged => Memory.Write(new Gpa(at), value);

    /// <summary>Changes some general registers.</summary>
    internal void SetRegs(Func<KvmRegs, KvmRegs> change) => Regs = change(Regs);

    /// <summary>Runs until an exit.</summary>
    internal VcpuExitReason Run() => Vcpu.Run().Reason;

    /// <summary>Runs until the guest can take an interrupt, and hands it over.</summary>
    internal void InterruptInWindow(byte vector)
    {
        Vcpu.RequestInterruptWindow = true;
        VcpuExitReason reason = Vcpu.Run().Reason;
        if (reason != VcpuExitReason.IrqWindowOpen)
            throw new InvalidOperationException($"{reason} at {Regs.Rip:x}, before an interrupt can be taken");
        Vcpu.RequestInterruptWindow = false;
        Vcpu.Interrupt(vector);
    }

    /// <summary>Runs until HLT, and gives the registers.</summary>
    internal KvmRegs RunToHalt()
    {
        VcpuExit exit = Vcpu.Run();
        string told = exit.ToString();
        if (exit.Reason != VcpuExitReason.Hlt)
        {
            throw new InvalidOperationException(
                $"{told} at {Regs.Rip:x}, last unknown {Vcpu.Statistics.LastUnknownInstruction}");
        }
        return Regs;
    }

    /// <summary>Makes an interrupt gate.</summary>
    /// <param name="vector">Which.</param>
    /// <param name="handler">Where it leads.</param>
    /// <param name="dpl">Who may ask for it.</param>
    /// <param name="stackTable">The entry of the interrupt stack table, 64-bit guests only.</param>
    internal void SetGate(int vector, ulong handler, int dpl = 0, int stackTable = 0)
    {
        ulong low = (handler & 0xFFFF) | ((ulong)KernelCode << 16) | ((ulong)stackTable << 32) | (0x8EUL << 40)
            | ((ulong)dpl << 45) | ((handler & 0xFFFF_0000) << 32);
        if (Bits == 64)
        {
            Write(Idt + ((ulong)vector * 16), low);
            Write(Idt + ((ulong)vector * 16) + 8, handler >> 32);
        }
        else
        {
            Write(Idt + ((ulong)vector * 8), low);
        }
    }

    /// <summary>Whether nobody has written to the host memory beside the guest's.</summary>
    internal bool HasCleanMargins()
    {
        var place = new Gpa(1UL << 40);
        byte[] bytes = new byte[Margin];
        foreach (ulong offset in new[] { 0UL, Margin + MemoryBytes })
        {
            SlotId slot = Machine.Slots.Add(place, _memory, offset, Margin);
            bool isRead = Memory.TryRead(place, bytes, out _);
            Machine.Slots.Delete(slot);
            if (!isRead || bytes.AsSpan().ContainsAnyExcept((byte)0))
                return false;
        }
        return true;
    }

    /// <summary>Makes every exception end in a HLT of its own, on the stack it comes on.</summary>
    internal void HaltOnExceptions(int stackTable = 0)
    {
        for (int vector = 0; vector < 32; vector++)
        {
            Write(Handlers + ((ulong)vector * 16), Halt);
            SetGate(vector, Handlers + ((ulong)vector * 16), dpl: 3, stackTable);
        }
    }

    /// <summary>Runs until an exception's HLT.</summary>
    /// <returns>The vector, and its error code or 0.</returns>
    internal ExceptionFrame RunToException()
    {
        KvmRegs regs = RunToHalt();
        int vector = (int)((regs.Rip - Handlers) / 16);
        if (vector is < 0 or > 31)
            throw new InvalidOperationException($"halted at {regs.Rip:x}, which is no handler's");
        bool hasError = vector is 8 or (>= 10 and <= 14) or 17;
        ulong size = Bits == 64 ? 8UL : 4;
        ulong at = regs.Rsp;
        ulong Word() => Bits == 64 ? Read<ulong>(at) : Read<uint>(at);
        ulong error = 0;
        if (hasError)
        {
            error = Word();
            at += size;
        }
        ulong rip = Word();
        at += size;
        ulong code = Word();
        at += size;
        return new ExceptionFrame(vector, error, rip, (ushort)code, Word());
    }

    /// <summary>Lets user code end by HLT, which it may not: the handler does.</summary>
    internal void HaltOnGeneralProtection()
    {
        const int GeneralProtection = 13;
        Write(Handlers + 0xF00, Halt);
        SetGate(GeneralProtection, Handlers + 0xF00);
    }

    /// <summary>Goes on as user code.</summary>
    internal void EnterUser()
    {
        KvmSregs sregs = Sregs;
        sregs.Cs.Selector = UserCode;
        sregs.Cs.Dpl = 3;
        sregs.Ss.Selector = UserData;
        sregs.Ss.Dpl = 3;
        Sregs = sregs;
        EnterKernelStack();
        // No map of ports: it would lie behind the task's end.
        Write(Task + 0x66, ushort.MaxValue);
    }

    /// <summary>Lets exceptions of user code come on <see cref="KernelStack"/>.</summary>
    internal void EnterKernelStack()
    {
        Write(Task + 4, KernelStack);
        if (Bits == 32)
            Write(Task + 8, KernelData);
    }

    public void Dispose()
    {
        Vcpu.Dispose();
        Machine.Dispose();
        _memory.Dispose();
    }

    void WriteDescriptors(ulong codeFlags)
    {
        Write(Gdt + KernelCode, 0x000F_9B00_0000_FFFFUL | (codeFlags << 52));
        Write(Gdt + KernelData, 0x00CF_9300_0000_FFFFUL);
        Write(Gdt + (UserData & ~3UL), 0x00CF_F300_0000_FFFFUL);
        Write(Gdt + (UserCode & ~3UL), 0x000F_FB00_0000_FFFFUL | (codeFlags << 52));
        Write(Gdt + TaskSelector, 0x0000_8900_0000_0067UL | (Task << 16));
        Write(Gdt + TaskSelector + 8, 0UL);
    }

    static void SetFlat(ref KvmSregs sregs, bool isLong)
    {
        var data = new KvmSegment { Selector = KernelData, Limit = uint.MaxValue, Type = 3, S = 1, Present = 1, Db = 1, G = 1 };
        sregs.Ds = sregs.Es = sregs.Fs = sregs.Gs = sregs.Ss = data;
        sregs.Cs = data with
        {
            Selector = KernelCode,
            Type = 0xB,
            Db = (byte)(isLong ? 0 : 1),
            L = (byte)(isLong ? 1 : 0),
        };
        sregs.Gdt = new KvmDtable { Base = Gdt, Limit = 0x3F };
        sregs.Idt = new KvmDtable { Base = Idt, Limit = 0xFFF };
        sregs.Tr = new KvmSegment { Selector = TaskSelector, Base = Task, Limit = 0x67, Type = 0xB, Present = 1 };
    }
}

/// <summary>What an exception left on its stack.</summary>
readonly record struct ExceptionFrame(int Vector, ulong Error, ulong Rip, ushort Code, ulong Flags)
{
    public override string ToString() => $"vector {Vector} error {Error:x} at {Rip:x}";
}

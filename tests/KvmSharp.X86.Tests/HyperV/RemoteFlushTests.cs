using System.Threading;
using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.HyperV.Hypercalls;
using KvmSharp.Vcpus;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.HyperV;

/// <summary>
/// One vCPU changes a page table and flushes another's TLB by a hypercall, as kernels do: when the call returns, the other reads
/// through the new entry.
/// </summary>
public sealed class RemoteFlushTests
{
    // A linear page that leads to one frame or to the other.
    const ulong Window = 0x30_0000;
    const ulong FrameA = 0x40_0000;
    const ulong FrameB = 0x50_0000;
    const ulong ValueA = 0xAAAA;
    const ulong ValueB = 0xBBBB;

    // What the reader saw last, and how often it looked; on pages of their own.
    const ulong Seen = 0x60_0000;
    const ulong Block = Guest.Data;
    const ulong ReaderCode = 0xA000;
    const ulong Flags = PageTables.Present | PageTables.Writable | PageTables.Accessed | PageTables.Dirty;
    const int Rounds = 25;

    public static TheoryData<HypercallCode, bool> Calls => new()
    {
        { HypercallCode.FlushVirtualAddressSpace, false },
        { HypercallCode.FlushVirtualAddressList, false },
        { HypercallCode.FlushVirtualAddressSpace, true },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void Who_is_flushed_sees_the_new_page_when_the_call_returns(HypercallCode code, bool exclusive)
    {
        using Guest guest = Guest.Long();
        SoftwareVcpu writer = guest.Vcpu;
        SoftwareVcpu reader = guest.Machine.CreateVcpu(new VcpuId(1));
        writer.ShowHyperV();
        guest.Machine.Core.HyperV.GuestOsId = 1;
        reader.SetSregs(guest.Sregs);
        guest.Write(FrameA, ValueA);
        guest.Write(FrameB, ValueB);
        guest.Tables.Map(Window, FrameA, Flags);
        guest.Assemble(assembler => WriteReader(assembler, exclusive), ReaderCode);
        guest.Assemble(assembler => WriteWriter(assembler, guest, code));
        // The address space and the flags are nobody's business; VP 1 is; the list names the page.
        guest.Write(Block, 0UL);
        guest.Write(Block + 8, 0UL);
        guest.Write(Block + 16, 0b10UL);
        guest.Write(Block + 24, Window);

        reader.SetRegs(new KvmRegs { Rip = ReaderCode, Rflags = 2, Rbx = Window, Rdi = Seen });
        var thread = new Thread(() =>
        {
            while (reader.Run().Reason is not (VcpuExitReason.Hlt or VcpuExitReason.Intr))
            {
            }
        });
        thread.Start();
        // R12 counts the rounds in which the reader saw a stale page after the call.
        guest.SetRegs(regs => regs with { Rdi = Seen, R12 = 0, R14 = Rounds });
        KvmRegs after = guest.RunToHalt();
        reader.Kick();
        thread.Join();

        Assert.Equal((0UL, 0UL), (after.R12, after.R14));
    }

    // Reads the window for ever, and says what it saw and that it has looked. In exclusive rounds it has the other CPU stand
    // still meanwhile: a locked access across two lines of memory.
    static void WriteReader(Assembler assembler, bool exclusive)
    {
        Label again = assembler.CreateLabel();
        assembler.Label(ref again);
        assembler.mov(rax, __qword_ptr[rbx]);
        assembler.mov(__qword_ptr[rdi], rax);
        assembler.inc(__qword_ptr[rdi + 64]);
        if (exclusive)
            assembler.@lock.inc(__qword_ptr[rdi + 0xFFC]);
        assembler.jmp(again);
    }

    // Turns the entry over, flushes, waits until the reader has looked twice more, and compares.
    static void WriteWriter(Assembler assembler, Guest guest, HypercallCode code)
    {
        ulong entry = guest.Tables.EntryAt(Window).Value;
        int reps = code == HypercallCode.FlushVirtualAddressList ? 1 : 0;
        Label round = assembler.CreateLabel();
        Label wait = assembler.CreateLabel();
        Label fresh = assembler.CreateLabel();
        assembler.mov(r13, ValueB);
        assembler.mov(rsi, entry);
        assembler.Label(ref round);
        assembler.xor(__qword_ptr[rsi], (int)(FrameA ^ FrameB));
        assembler.mov(rcx, HypercallInput.Of(code, repCount: reps).Value);
        assembler.mov(rdx, Block);
        assembler.vmcall();
        assembler.mov(rbx, __qword_ptr[rdi + 64]);
        assembler.add(rbx, 2);
        assembler.Label(ref wait);
        assembler.pause();
        assembler.cmp(__qword_ptr[rdi + 64], rbx);
        assembler.jb(wait);
        assembler.cmp(__qword_ptr[rdi], r13);
        assembler.je(fresh);
        assembler.inc(r12);
        assembler.Label(ref fresh);
        assembler.xor(r13, (int)(ValueA ^ ValueB));
        assembler.dec(r14);
        assembler.jne(round);
        assembler.hlt();
    }
}

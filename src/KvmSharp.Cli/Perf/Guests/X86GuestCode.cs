using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using Iced.Intel;
using KvmSharp.Addresses;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.Cli.Perf.Guests;

/// <summary>Guest programs as 64-bit code. It needs no stack, and every address mapped to itself.</summary>
/// <remarks>
/// The code halts when the host wants the guest to end. A check of its own that fails is an OUT to
/// <see cref="FailurePort"/>: the address is in RDI, what is there in RAX and what should be there in RDX.
/// </remarks>
sealed class X86GuestCode
{
    internal const byte FailurePort = 0x80;

    readonly Assembler _assembler = new(64);
    readonly Label _end;
    readonly Label _failed;

    X86GuestCode()
    {
        _end = _assembler.CreateLabel();
        _failed = _assembler.CreateLabel();
    }

    /// <summary>Assembles a program, with the wait for the start flag before it.</summary>
    /// <param name="program">The program.</param>
    /// <param name="at">Where it will lie.</param>
    internal static byte[] Assemble(IReadOnlyList<GuestStep> program, Gpa at)
    {
        var code = new X86GuestCode();
        code.WaitForStart();
        code.Repeat(program);
        code.Finish();
        using var stream = new MemoryStream();
        code._assembler.Assemble(new StreamCodeWriter(stream), at.Value);
        return stream.ToArray();
    }

    // RBX holds the address of the synchronisation page from here on.
    void WaitForStart()
    {
        _assembler.mov(rbx, ArenaLayout.Start.Value);
        Label go = _assembler.CreateLabel();
        Label again = Here();
        _assembler.cmp(__qword_ptr[rbx + SyncPage.StartFlag], 0);
        _assembler.jne(go);
        LookForExit();
        _assembler.pause();
        _assembler.jmp(again);
        Place(go);
    }

    void Repeat(IReadOnlyList<GuestStep> program)
    {
        if (program.Count == 0)
            return;
        Label again = Here();
        foreach (GuestStep step in program)
            Append(step);
        _assembler.jmp(again);
    }

    void Finish()
    {
        Label end = _end;
        Label failed = _failed;
        _assembler.Label(ref end);
        _assembler.hlt();
        _assembler.Label(ref failed);
        _assembler.@out(FailurePort, al);
    }

    void Append(GuestStep step)
    {
        switch (step)
        {
            case GuestStep.WritePages pages:
                WritePages(pages);
                break;
            case GuestStep.CheckAndClear pages:
                CheckAndClear(pages);
                break;
            case GuestStep.Sync:
                Sync();
                break;
            case GuestStep.LookForExit:
                LookForExit();
                break;
            default:
                throw new UnreachableException();
        }
    }

    void WritePages(GuestStep.WritePages pages)
    {
        _assembler.mov(rax, pages.Value);
        Label again = BeginPages(pages.Page, pages.Count, 0);
        _assembler.mov(__qword_ptr[rdi], rax);
        NextPage(again);
    }

    void CheckAndClear(GuestStep.CheckAndClear pages)
    {
        _assembler.mov(rdx, pages.Expected);
        _assembler.xor(ecx, ecx);
        Label again = BeginPages(pages.Page, pages.Count, pages.Offset);
        _assembler.mov(rax, __qword_ptr[rdi]);
        _assembler.cmp(rax, rdx);
        _assembler.jne(_failed);
        _assembler.mov(__qword_ptr[rdi], rcx);
        NextPage(again);
    }

    // Pairs with SyncPage.Sync().
    void Sync()
    {
        Label met = _assembler.CreateLabel();
        Label again = Here();
        LookForExit();
        _assembler.mov(eax, 1);
        _assembler.xor(edx, edx);
        _assembler.@lock.cmpxchg(__qword_ptr[rbx + SyncPage.SyncFlag], rdx);
        _assembler.je(met);
        _assembler.pause();
        _assembler.jmp(again);
        Place(met);
    }

    void LookForExit()
    {
        _assembler.cmp(__qword_ptr[rbx + SyncPage.ExitFlag], 0);
        _assembler.jne(_end);
    }

    // RDI goes from the first page to RSI.
    Label BeginPages(ulong page, ulong count, int offset)
    {
        _assembler.mov(rdi, (ArenaLayout.GpaOf(page) + (ulong)offset).Value);
        _assembler.mov(rsi, (ArenaLayout.GpaOf(page + count) + (ulong)offset).Value);
        return Here();
    }

    void NextPage(Label again)
    {
        _assembler.add(rdi, Page.Size);
        _assembler.cmp(rdi, rsi);
        _assembler.jb(again);
    }

    Label Here()
    {
        Label here = _assembler.CreateLabel();
        _assembler.Label(ref here);
        return here;
    }

    // With an instruction of its own, as an instruction has no more than one label.
    void Place(Label label)
    {
        _assembler.Label(ref label);
        _assembler.nop();
    }
}

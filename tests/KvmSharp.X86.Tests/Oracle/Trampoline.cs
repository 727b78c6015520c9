using System.IO;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>
/// The machine code around a guest sequence. In: keep the host's registers, load the guest's, jump to the sequence. Out,
/// where each sequence and each fault end: save the guest's registers, take the host's back, return.
/// </summary>
/// <remarks>
/// All words lie at fixed addresses of the piece, so no guest register is needed to reach them; RSP is the guest's own
/// from the last load to the first save.
/// </remarks>
static class Trampoline
{
    static readonly AssemblerRegister64[] _gprs =
        [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];

    static readonly AssemblerRegister64[] _preserved = [rbx, rbp, r12, r13, r14, r15];

    // Where the host's floating point controls lie on its stack while the guest runs.
    const int HostMxcsr = 0;
    const int HostControlWord = 8;
    const int HostControls = 24;

    /// <summary>Code that enters the guest sequence whose address stands in the target word.</summary>
    public static byte[] AssembleEntry(ulong piece)
    {
        Assembler asm = new(64);
        foreach (AssemblerRegister64 register in _preserved)
            asm.push(register);
        asm.sub(rsp, HostControls);
        asm.stmxcsr(__[rsp + HostMxcsr]);
        asm.fnstcw(__[rsp + HostControlWord]);
        asm.mov(__[Word(piece, NativeArena.HostStack)], rsp);
        asm.fxrstor64(__[Word(piece, NativeArena.State) + UserState.FxOffset]);
        asm.push(__qword_ptr[Word(piece, NativeArena.State) + UserState.RflagsOffset]);
        asm.popfq();
        for (int i = 0; i < _gprs.Length; i++)
            asm.mov(_gprs[i], __qword_ptr[Gpr(piece, i)]);
        asm.jmp(__qword_ptr[Word(piece, NativeArena.Target)]);
        return Assemble(asm, piece);
    }

    /// <summary>Code that leaves the guest.</summary>
    public static byte[] AssembleExit(ulong piece)
    {
        Assembler asm = new(64);
        for (int i = 0; i < _gprs.Length; i++)
            asm.mov(__qword_ptr[Gpr(piece, i)], _gprs[i]);
        asm.mov(rsp, __qword_ptr[Word(piece, NativeArena.HostStack)]);
        asm.pushfq();
        asm.pop(__qword_ptr[Word(piece, NativeArena.State) + UserState.RflagsOffset]);
        asm.fxsave64(__[Word(piece, NativeArena.State) + UserState.FxOffset]);
        // The calling convention wants the direction flag clear, and x87 empty with nothing pending.
        asm.cld();
        asm.fninit();
        asm.fldcw(__[rsp + HostControlWord]);
        asm.ldmxcsr(__[rsp + HostMxcsr]);
        asm.add(rsp, HostControls);
        for (int i = _preserved.Length - 1; i >= 0; i--)
            asm.pop(_preserved[i]);
        asm.ret();
        return Assemble(asm, piece + NativeArena.ExitStub);
    }

    static byte[] Assemble(Assembler asm, ulong address)
    {
        using MemoryStream stream = new();
        asm.Assemble(new StreamCodeWriter(stream), address);
        return stream.ToArray();
    }

    static long Word(ulong piece, uint offset) => (long)(piece + offset);

    static long Gpr(ulong piece, int number) => Word(piece, NativeArena.State) + (number * sizeof(ulong));
}

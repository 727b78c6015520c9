using Iced.Intel;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Fpu;

/// <summary>From a decoded instruction to <see cref="X87Unit"/>: which operation, on which operands.</summary>
/// <remarks>
/// Instructions on whole images and on control words alone are the CPU's business, which has the memory. Everything here
/// waits: a pending exception comes first.
/// </remarks>
static class X87Instructions
{
    /// <summary>The instructions that <see cref="TryExecute"/> knows.</summary>
    internal static Mnemonic[] Known { get; } =
    [
        Mnemonic.F2xm1, Mnemonic.Fabs, Mnemonic.Fadd, Mnemonic.Faddp, Mnemonic.Fbld, Mnemonic.Fbstp, Mnemonic.Fchs,
        Mnemonic.Fcmovb, Mnemonic.Fcmovbe, Mnemonic.Fcmove, Mnemonic.Fcmovnb, Mnemonic.Fcmovnbe, Mnemonic.Fcmovne,
        Mnemonic.Fcmovnu, Mnemonic.Fcmovu, Mnemonic.Fcom, Mnemonic.Fcomi, Mnemonic.Fcomip, Mnemonic.Fcomp, Mnemonic.Fcompp,
        Mnemonic.Fcos, Mnemonic.Fdecstp, Mnemonic.Fdiv, Mnemonic.Fdivp, Mnemonic.Fdivr, Mnemonic.Fdivrp, Mnemonic.Ffree,
        Mnemonic.Ffreep, Mnemonic.Fiadd, Mnemonic.Ficom, Mnemonic.Ficomp, Mnemonic.Fidiv, Mnemonic.Fidivr, Mnemonic.Fild,
        Mnemonic.Fimul, Mnemonic.Fincstp, Mnemonic.Fist, Mnemonic.Fistp, Mnemonic.Fisttp, Mnemonic.Fisub, Mnemonic.Fisubr,
        Mnemonic.Fld, Mnemonic.Fld1, Mnemonic.Fldl2e, Mnemonic.Fldl2t, Mnemonic.Fldlg2, Mnemonic.Fldln2, Mnemonic.Fldpi,
        Mnemonic.Fldz, Mnemonic.Fmul, Mnemonic.Fmulp, Mnemonic.Fnop, Mnemonic.Fpatan, Mnemonic.Fprem, Mnemonic.Fprem1,
        Mnemonic.Fptan, Mnemonic.Frndint, Mnemonic.Fscale, Mnemonic.Fsin, Mnemonic.Fsincos, Mnemonic.Fsqrt, Mnemonic.Fst,
        Mnemonic.Fstp, Mnemonic.Fstpnce, Mnemonic.Fsub, Mnemonic.Fsubp, Mnemonic.Fsubr, Mnemonic.Fsubrp, Mnemonic.Ftst,
        Mnemonic.Fucom, Mnemonic.Fucomi, Mnemonic.Fucomip, Mnemonic.Fucomp, Mnemonic.Fucompp, Mnemonic.Fxam, Mnemonic.Fxch,
        Mnemonic.Fxtract, Mnemonic.Fyl2x, Mnemonic.Fyl2xp1,
    ];

    /// <summary>Executes an instruction on the registers.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="state">The registers.</param>
    /// <param name="memory">The memory operand, where it has one to read.</param>
    /// <param name="flags">RFLAGS, for conditions.</param>
    /// <param name="effects">What is to be done beyond the registers.</param>
    /// <returns>Whether it is one of these.</returns>
    internal static bool TryExecute(
        in Instruction instruction, ref X87State state, Float80 memory, ulong flags, out X87Effects effects)
    {
        effects = default;
        Mnemonic operation = instruction.Mnemonic;
        bool inMemory = instruction.Op0Kind == OpKind.Memory;
        switch (operation)
        {
            case Mnemonic.Fadd or Mnemonic.Fmul or Mnemonic.Fsub or Mnemonic.Fsubr or Mnemonic.Fdiv or Mnemonic.Fdivr
                or Mnemonic.Faddp or Mnemonic.Fmulp or Mnemonic.Fsubp or Mnemonic.Fsubrp or Mnemonic.Fdivp or Mnemonic.Fdivrp
                or Mnemonic.Fiadd or Mnemonic.Fimul or Mnemonic.Fisub or Mnemonic.Fisubr or Mnemonic.Fidiv or Mnemonic.Fidivr:
                if (inMemory)
                    X87Unit.Arithmetic(ref state, operation, memory, instruction.MemorySize);
                else
                    X87Unit.Arithmetic(ref state, operation, St(instruction, 0), St(instruction, 1));
                return true;
            case Mnemonic.Fsqrt or Mnemonic.Frndint or Mnemonic.Fabs or Mnemonic.Fchs:
                X87Unit.Unary(ref state, operation);
                return true;
            case Mnemonic.Fscale:
                X87Unit.Scale(ref state);
                return true;
            case Mnemonic.Fprem or Mnemonic.Fprem1:
                X87Unit.Remainder(ref state, nearest: operation == Mnemonic.Fprem1);
                return true;
            case Mnemonic.Fxtract:
                X87Unit.Extract(ref state);
                return true;
            case Mnemonic.F2xm1:
                X87Unit.PowerOf2Minus1(ref state);
                return true;
            case Mnemonic.Fyl2x:
                X87Unit.Logarithm(ref state);
                return true;
            case Mnemonic.Fyl2xp1:
                X87Unit.LogarithmOf1Plus(ref state);
                return true;
            case Mnemonic.Fpatan:
                X87Unit.ArcTangent(ref state);
                return true;
            case Mnemonic.Fsin or Mnemonic.Fcos:
                X87Unit.Circle(ref state, operation);
                return true;
            case Mnemonic.Fsincos or Mnemonic.Fptan:
                X87Unit.CirclePair(ref state, operation);
                return true;
            default:
                return TryMove(instruction, ref state, memory, flags, ref effects)
                    || TryCompare(instruction, ref state, memory, ref effects)
                    || TryManage(instruction, ref state);
        }
    }

    /// <summary>Whether the instruction writes its operand, if that is in memory.</summary>
    internal static bool IsStore(Mnemonic operation) => operation is
        Mnemonic.Fst or Mnemonic.Fstp or Mnemonic.Fist or Mnemonic.Fistp or Mnemonic.Fisttp or Mnemonic.Fbstp;

    static bool TryMove(
        in Instruction instruction, ref X87State state, Float80 memory, ulong flags, ref X87Effects effects)
    {
        Mnemonic operation = instruction.Mnemonic;
        bool inMemory = instruction.Op0Kind == OpKind.Memory;
        switch (operation)
        {
            case Mnemonic.Fld when !inMemory:
                X87Unit.Load(ref state, St(instruction, instruction.OpCount - 1));
                return true;
            case Mnemonic.Fld or Mnemonic.Fild or Mnemonic.Fbld:
                X87Unit.Load(ref state, memory, instruction.MemorySize);
                return true;
            case Mnemonic.Fst or Mnemonic.Fstp when !inMemory:
                X87Unit.Store(ref state, St(instruction, 0), pop: operation == Mnemonic.Fstp);
                return true;
            case Mnemonic.Fst or Mnemonic.Fstp or Mnemonic.Fist or Mnemonic.Fistp or Mnemonic.Fisttp or Mnemonic.Fbstp:
                effects.StoresMemory = X87Unit.TryStore(
                    ref state, instruction.MemorySize, pop: operation is not (Mnemonic.Fst or Mnemonic.Fist),
                    truncate: operation == Mnemonic.Fisttp, out effects.Memory);
                return true;
            case Mnemonic.Fstpnce:
                X87Unit.StoreSilently(ref state, St(instruction, 0));
                return true;
            case Mnemonic.Fxch:
                X87Unit.Exchange(ref state, St(instruction, 1));
                return true;
            case Mnemonic.Fld1 or Mnemonic.Fldz or Mnemonic.Fldpi or Mnemonic.Fldl2t or Mnemonic.Fldl2e or Mnemonic.Fldlg2
                or Mnemonic.Fldln2:
                X87Unit.LoadConstant(ref state, operation);
                return true;
            case Mnemonic.Fcmovb or Mnemonic.Fcmovnb:
                X87Unit.ConditionalMove(ref state, St(instruction, 1), (flags & RFlags.CF) != 0 == (operation == Mnemonic.Fcmovb));
                return true;
            case Mnemonic.Fcmove or Mnemonic.Fcmovne:
                X87Unit.ConditionalMove(ref state, St(instruction, 1), (flags & RFlags.ZF) != 0 == (operation == Mnemonic.Fcmove));
                return true;
            case Mnemonic.Fcmovbe or Mnemonic.Fcmovnbe:
                X87Unit.ConditionalMove(
                    ref state, St(instruction, 1), (flags & (RFlags.CF | RFlags.ZF)) != 0 == (operation == Mnemonic.Fcmovbe));
                return true;
            case Mnemonic.Fcmovu or Mnemonic.Fcmovnu:
                X87Unit.ConditionalMove(ref state, St(instruction, 1), (flags & RFlags.PF) != 0 == (operation == Mnemonic.Fcmovu));
                return true;
            default:
                return false;
        }
    }

    static bool TryCompare(in Instruction instruction, ref X87State state, Float80 memory, ref X87Effects effects)
    {
        Mnemonic operation = instruction.Mnemonic;
        switch (operation)
        {
            case Mnemonic.Fcom or Mnemonic.Fcomp or Mnemonic.Ficom or Mnemonic.Ficomp when instruction.Op0Kind == OpKind.Memory:
                X87Unit.Compare(
                    ref state, memory, instruction.MemorySize, pops: operation is Mnemonic.Fcomp or Mnemonic.Ficomp ? 1 : 0);
                return true;
            case Mnemonic.Fcom or Mnemonic.Fcomp:
                X87Unit.Compare(ref state, St(instruction, 1), quiet: false, pops: operation == Mnemonic.Fcomp ? 1 : 0);
                return true;
            case Mnemonic.Fcompp or Mnemonic.Fucompp:
                X87Unit.Compare(ref state, 1, quiet: operation == Mnemonic.Fucompp, pops: 2);
                return true;
            case Mnemonic.Fucom or Mnemonic.Fucomp:
                X87Unit.Compare(ref state, St(instruction, 1), quiet: true, pops: operation == Mnemonic.Fucomp ? 1 : 0);
                return true;
            case Mnemonic.Fcomi or Mnemonic.Fcomip or Mnemonic.Fucomi or Mnemonic.Fucomip:
                effects.SetsFlags = true;
                effects.Flags = X87Unit.CompareForFlags(
                    ref state, St(instruction, 1), quiet: operation is Mnemonic.Fucomi or Mnemonic.Fucomip,
                    pop: operation is Mnemonic.Fcomip or Mnemonic.Fucomip);
                return true;
            case Mnemonic.Ftst:
                X87Unit.CompareWithZero(ref state);
                return true;
            case Mnemonic.Fxam:
                X87Unit.Examine(ref state);
                return true;
            default:
                return false;
        }
    }

    static bool TryManage(in Instruction instruction, ref X87State state)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Fincstp:
                state.Top++;
                state.SetC1(false);
                return true;
            case Mnemonic.Fdecstp:
                state.Top--;
                state.SetC1(false);
                return true;
            case Mnemonic.Ffree:
                state.Free(St(instruction, 0));
                state.SetC1(false);
                return true;
            case Mnemonic.Ffreep:
                state.Free(St(instruction, 0));
                state.Pop();
                state.SetC1(false);
                return true;
            case Mnemonic.Fnop:
                return true;
            default:
                return false;
        }
    }

    static int St(in Instruction instruction, int operand) => instruction.GetOpRegister(operand) - Iced.Intel.Register.ST0;
}

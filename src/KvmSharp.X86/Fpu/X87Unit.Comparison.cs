using Iced.Intel;
using KvmSharp.X86.FloatingPoint;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Fpu;

/// <summary>Comparisons: the order as C3, C2 and C0, or as ZF, PF and CF, which are the same three.</summary>
static partial class X87Unit
{
    const int Unordered = X87State.C3 | X87State.C2 | X87State.C0;

    /// <summary>FCOM, FUCOM with ST(i), popping 0, 1 or 2.</summary>
    internal static void Compare(ref X87State state, int other, bool quiet, int pops)
    {
        bool empty = state.IsEmpty(0) || state.IsEmpty(other);
        FloatEnvironment environment = state.Environment;
        int order = empty ? Unordered
            : Order(state.St(0).Unpack(ref environment), state.St(other).Unpack(ref environment), quiet, ref environment);
        Conclude(ref state, empty, environment, order, pops);
    }

    /// <summary>FCOM, FICOM with memory, popping 0 or 1.</summary>
    internal static void Compare(ref X87State state, Float80 memory, MemorySize size, int pops)
    {
        bool empty = state.IsEmpty(0);
        FloatEnvironment environment = state.Environment;
        int order = empty ? Unordered
            : Order(state.St(0).Unpack(ref environment), X87Memory.Unpack(memory, size, ref environment), false, ref environment);
        Conclude(ref state, empty, environment, order, pops);
    }

    /// <summary>FTST: with zero.</summary>
    internal static void CompareWithZero(ref X87State state)
    {
        bool empty = state.IsEmpty(0);
        FloatEnvironment environment = state.Environment;
        int order = empty ? Unordered
            : Order(state.St(0).Unpack(ref environment), Unpacked.Zero(false), false, ref environment);
        Conclude(ref state, empty, environment, order, 0);
    }

    /// <summary>FCOMI, FUCOMI: the order for RFLAGS.</summary>
    /// <param name="state">The registers.</param>
    /// <param name="other">The register to compare with.</param>
    /// <param name="quiet">Quiet NaNs are not invalid.</param>
    /// <param name="pop">Pops when done.</param>
    /// <returns>ZF, PF and CF; the other arithmetic flags are clear.</returns>
    internal static ulong CompareForFlags(ref X87State state, int other, bool quiet, bool pop)
    {
        bool empty = state.IsEmpty(0) || state.IsEmpty(other);
        FloatEnvironment environment = state.Environment;
        int order = empty ? Unordered
            : Order(state.St(0).Unpack(ref environment), state.St(other).Unpack(ref environment), quiet, ref environment);
        bool withheld = empty ? IsStackFaultWithheld(ref state, overflow: false) : IsWithheld(ref state, environment);
        if (pop && !withheld)
            state.Pop();
        return ((order & X87State.C3) != 0 ? RFlags.ZF : 0) | ((order & X87State.C2) != 0 ? RFlags.PF : 0)
            | ((order & X87State.C0) != 0 ? RFlags.CF : 0);
    }

    /// <summary>FXAM: what ST(0) is.</summary>
    internal static void Examine(ref X87State state)
    {
        Float80 value = state.St(0);
        int kind = value.Class switch
        {
            _ when state.IsEmpty(0) => X87State.C3 | X87State.C0,
            FloatClass.Unsupported => 0,
            FloatClass.QuietNaN or FloatClass.SignalingNaN => X87State.C0,
            FloatClass.Infinity => X87State.C2 | X87State.C0,
            FloatClass.Zero => X87State.C3,
            _ => value.IsDenormal ? X87State.C3 | X87State.C2 : X87State.C2,
        };
        state.SetConditions(kind | (value.Sign ? X87State.C1 : 0));
    }

    static void Conclude(ref X87State state, bool empty, in FloatEnvironment environment, int order, int pops)
    {
        // The order is given in any case; an exception that is not masked only keeps the stack.
        bool withheld = empty ? IsStackFaultWithheld(ref state, overflow: false) : IsWithheld(ref state, environment);
        state.SetConditions(order);
        if (withheld)
            return;
        for (int i = 0; i < pops; i++)
            state.Pop();
    }

    static int Order(in Unpacked a, in Unpacked b, bool quiet, ref FloatEnvironment environment)
    {
        if (a.IsNaN || b.IsNaN || a.Class == FloatClass.Unsupported || b.Class == FloatClass.Unsupported)
        {
            bool valid = quiet && IsQuiet(a) && IsQuiet(b);
            environment.Raised = valid ? FloatExceptions.None : FloatExceptions.Invalid;
            return Unordered;
        }

        int order = Sign(a) != Sign(b) ? Sign(a).CompareTo(Sign(b)) : Sign(a) * CompareMagnitudes(a, b);
        return order < 0 ? X87State.C0 : order == 0 ? X87State.C3 : 0;
    }

    static bool IsQuiet(in Unpacked value) => value.Class is not (FloatClass.SignalingNaN or FloatClass.Unsupported);

    static int Sign(in Unpacked value) => value.IsZero ? 0 : value.Sign ? -1 : 1;

    static int CompareMagnitudes(in Unpacked a, in Unpacked b)
    {
        if (a.IsInfinity || b.IsInfinity)
            return a.IsInfinity.CompareTo(b.IsInfinity);
        return a.Exponent != b.Exponent ? a.Exponent.CompareTo(b.Exponent) : a.Significand.CompareTo(b.Significand);
    }
}

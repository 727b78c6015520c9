using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Fpu;

/// <summary>
/// x87's instructions on its registers. What each does about empty and full places of the stack and about exceptions that
/// are not masked stands here; what the numbers do stands in <see cref="ExtendedArithmetic"/> and its neighbours.
/// </summary>
/// <remarks>
/// An exception that the operands decide leaves registers and stack alone unless it is masked. One that the result decides
/// comes with the result. Either way it is only noted: the next instruction that waits ends in #MF.
/// </remarks>
static partial class X87Unit
{
    // Nothing is delivered: the exceptions are kept, the stack stays.
    static bool IsWithheld(ref X87State state, in FloatEnvironment environment)
    {
        bool withheld = (environment.Unmasked & FloatExceptions.BeforeComputation) != 0;
        state.SetC1(environment.RoundedUp && !withheld);
        state.Raise(withheld ? environment.Raised & FloatExceptions.BeforeComputation : environment.Raised);
        return withheld;
    }

    // An empty place was read, or there was no room.
    static bool IsStackFaultWithheld(ref X87State state, bool overflow)
    {
        state.SetC1(overflow);
        state.Status |= X87State.StackFault;
        state.Raise(FloatExceptions.Invalid);
        return (state.Control & (int)FloatExceptions.Invalid) == 0;
    }

    static void Deliver(ref X87State state, in FloatEnvironment environment, int register, Float80 result, bool pop)
    {
        if (IsWithheld(ref state, environment))
            return;
        state.SetSt(register, result);
        if (pop)
            state.Pop();
    }

    static void DeliverStackUnderflow(ref X87State state, int register, bool pop)
    {
        if (IsStackFaultWithheld(ref state, overflow: false))
            return;
        state.SetSt(register, Float80.DefaultNaN);
        if (pop)
            state.Pop();
    }
}

using Iced.Intel;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Operations;

/// <summary>A condition on the flags, as a type.</summary>
interface ICondition
{
    static abstract bool Holds(in LazyFlags flags);

    /// <summary>The same where the flags are known to come of a subtraction without a borrow, or a comparison.</summary>
    static abstract bool HoldsAfterSubtraction(in LazyFlags flags);

    /// <summary>The same where the flags are known to come of a logical operation.</summary>
    static abstract bool HoldsAfterLogic(in LazyFlags flags);
}

readonly struct OverflowCondition : ICondition
{
    public static bool Holds(in LazyFlags flags) => flags.Overflow;

    public static bool HoldsAfterSubtraction(in LazyFlags flags) => flags.Overflow;

    public static bool HoldsAfterLogic(in LazyFlags flags) => false;
}

readonly struct BelowCondition : ICondition
{
    public static bool Holds(in LazyFlags flags) => flags.Below;

    public static bool HoldsAfterSubtraction(in LazyFlags flags) => flags.BelowAfterSubtraction;

    public static bool HoldsAfterLogic(in LazyFlags flags) => false;
}

readonly struct EqualCondition : ICondition
{
    public static bool Holds(in LazyFlags flags) => flags.Zero;

    public static bool HoldsAfterSubtraction(in LazyFlags flags) => flags.ResultIsZero;

    public static bool HoldsAfterLogic(in LazyFlags flags) => flags.ResultIsZero;
}

readonly struct BelowOrEqualCondition : ICondition
{
    public static bool Holds(in LazyFlags flags) => flags.BelowOrEqual;

    public static bool HoldsAfterSubtraction(in LazyFlags flags) => flags.BelowOrEqualAfterSubtraction;

    public static bool HoldsAfterLogic(in LazyFlags flags) => flags.ResultIsZero;
}

readonly struct SignCondition : ICondition
{
    public static bool Holds(in LazyFlags flags) => flags.Sign;

    public static bool HoldsAfterSubtraction(in LazyFlags flags) => flags.ResultIsNegative;

    public static bool HoldsAfterLogic(in LazyFlags flags) => flags.ResultIsNegative;
}

readonly struct ParityCondition : ICondition
{
    public static bool Holds(in LazyFlags flags) => flags.Parity;

    public static bool HoldsAfterSubtraction(in LazyFlags flags) => flags.Parity;

    public static bool HoldsAfterLogic(in LazyFlags flags) => flags.Parity;
}

readonly struct LessCondition : ICondition
{
    public static bool Holds(in LazyFlags flags) => flags.Less;

    public static bool HoldsAfterSubtraction(in LazyFlags flags) => flags.LessAfterSubtraction;

    public static bool HoldsAfterLogic(in LazyFlags flags) => flags.ResultIsNegative;
}

readonly struct LessOrEqualCondition : ICondition
{
    public static bool Holds(in LazyFlags flags) => flags.LessOrEqual;

    public static bool HoldsAfterSubtraction(in LazyFlags flags) => flags.LessOrEqualAfterSubtraction;

    public static bool HoldsAfterLogic(in LazyFlags flags) => flags.ResultIsZero || flags.ResultIsNegative;
}

/// <summary>The opposite of a condition.</summary>
readonly struct Not<TCondition> : ICondition
    where TCondition : struct, ICondition
{
    public static bool Holds(in LazyFlags flags) => !TCondition.Holds(in flags);

    public static bool HoldsAfterSubtraction(in LazyFlags flags) => !TCondition.HoldsAfterSubtraction(in flags);

    public static bool HoldsAfterLogic(in LazyFlags flags) => !TCondition.HoldsAfterLogic(in flags);
}

/// <summary>Something that is made for a condition that is known only when an instruction has been decoded.</summary>
interface IConditionMaker
{
    DecodedInstruction? Make<TCondition>(in Decoded decoded)
        where TCondition : struct, ICondition;
}

/// <summary>From condition codes to types.</summary>
static class Conditions
{
    internal static DecodedInstruction? Select<TMaker>(in Decoded decoded, TMaker maker)
        where TMaker : struct, IConditionMaker => decoded.Instruction.ConditionCode switch
        {
            ConditionCode.o => maker.Make<OverflowCondition>(in decoded),
            ConditionCode.no => maker.Make<Not<OverflowCondition>>(in decoded),
            ConditionCode.b => maker.Make<BelowCondition>(in decoded),
            ConditionCode.ae => maker.Make<Not<BelowCondition>>(in decoded),
            ConditionCode.e => maker.Make<EqualCondition>(in decoded),
            ConditionCode.ne => maker.Make<Not<EqualCondition>>(in decoded),
            ConditionCode.be => maker.Make<BelowOrEqualCondition>(in decoded),
            ConditionCode.a => maker.Make<Not<BelowOrEqualCondition>>(in decoded),
            ConditionCode.s => maker.Make<SignCondition>(in decoded),
            ConditionCode.ns => maker.Make<Not<SignCondition>>(in decoded),
            ConditionCode.p => maker.Make<ParityCondition>(in decoded),
            ConditionCode.np => maker.Make<Not<ParityCondition>>(in decoded),
            ConditionCode.l => maker.Make<LessCondition>(in decoded),
            ConditionCode.ge => maker.Make<Not<LessCondition>>(in decoded),
            ConditionCode.le => maker.Make<LessOrEqualCondition>(in decoded),
            ConditionCode.g => maker.Make<Not<LessOrEqualCondition>>(in decoded),
            _ => null,
        };
}

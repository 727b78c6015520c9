using System;
using System.Collections.Generic;
using System.Linq;
using Iced.Intel;
using KvmSharp.X86.Operations;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>The forms of instructions that are tried together, and what of the state they look at.</summary>
/// <param name="Name">What the set is called, on a command line too.</param>
/// <param name="Parts">What is drawn for each case.</param>
/// <param name="Forms">The forms, in the decoder's order.</param>
sealed record FormSet(string Name, StateGenerator.Parts Parts, IReadOnlyList<Code> Forms)
{
    static readonly CpuidFeature[] _integer =
    [
        CpuidFeature.INTEL8086, CpuidFeature.INTEL8086_ONLY, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386,
        CpuidFeature.INTEL486, CpuidFeature.X64, CpuidFeature.ADX, CpuidFeature.BMI1, CpuidFeature.BMI2, CpuidFeature.CMOV,
        CpuidFeature.CMPXCHG16B, CpuidFeature.CX8, CpuidFeature.LZCNT, CpuidFeature.MOVBE, CpuidFeature.MULTIBYTENOP,
        CpuidFeature.POPCNT,
    ];

    static readonly CpuidFeature[] _x87 = [CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387];

    static readonly CpuidFeature[] _vectors =
    [
        CpuidFeature.MMX, CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3, CpuidFeature.SSSE3, CpuidFeature.SSE4_1,
        CpuidFeature.SSE4_2, CpuidFeature.AES, CpuidFeature.PCLMULQDQ, CpuidFeature.SHA, CpuidFeature.FXSR,
    ];

    /// <summary>General registers and flags.</summary>
    internal static FormSet Integer { get; } = new(
        "integer", StateGenerator.Parts.Integer, Select(code => code.CpuidFeatures().All(_integer.Contains)));

    internal static FormSet X87 { get; } = new(
        "x87", StateGenerator.Parts.X87, Select(code => code.CpuidFeatures().Any(_x87.Contains)));

    /// <summary>What touches MMX registers, those of SSE that do among them.</summary>
    internal static FormSet Mmx { get; } = new(
        "mmx", StateGenerator.Parts.Mmx | StateGenerator.Parts.Vectors, Select(code => IsVector(code) && TouchesMmx(code)));

    internal static FormSet Sse { get; } = new(
        "sse", StateGenerator.Parts.Vectors, Select(code => IsVector(code) && !TouchesMmx(code)));

    internal static IReadOnlyList<FormSet> All { get; } = [Integer, X87, Mmx, Sse];

    static Code[] Select(Func<Code, bool> belongs) =>
    [
        .. Enum.GetValues<Code>().Where(code =>
            InstructionGenerator.CanGenerate(code)
            && code.ToOpCode().Encoding is EncodingKind.Legacy or EncodingKind.VEX
            && InstructionTable.IsKnown(code)
            && belongs(code)),
    ];

    static bool IsVector(Code code) =>
        code.CpuidFeatures().Any(_vectors.Contains) && !code.CpuidFeatures().Any(_x87.Contains);

    static bool TouchesMmx(Code code)
    {
        OpCodeInfo form = code.ToOpCode();
        return code == Code.Emms
            || Enumerable.Range(0, form.OpCount).Any(i => OperandShape.Of(form.GetOpKind(i)).First == Register.MM0);
    }
}

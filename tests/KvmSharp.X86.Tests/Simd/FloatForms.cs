using System.Collections.Generic;
using System.Linq;
using Iced.Intel;
using KvmSharp.X86.Tests.Oracle;

namespace KvmSharp.X86.Tests.Simd;

/// <summary>The forms of x87, MMX and SSE, by the registers they touch.</summary>
static class FloatForms
{
    static readonly CpuidFeature[] _x87 = [CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387];

    static readonly CpuidFeature[] _vectors =
    [
        CpuidFeature.MMX, CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3, CpuidFeature.SSSE3, CpuidFeature.SSE4_1,
        CpuidFeature.SSE4_2, CpuidFeature.AES, CpuidFeature.PCLMULQDQ, CpuidFeature.SHA, CpuidFeature.FXSR,
    ];

    /// <summary>The forms whose cases need these parts of the state drawn.</summary>
    internal static IEnumerable<Code> Of(StateGenerator.Parts parts) => parts == StateGenerator.Parts.X87
        ? DifferentialRun.FormsOf(_x87)
        : DifferentialRun.FormsOf(_vectors).Except(DifferentialRun.FormsOf(_x87))
            .Where(code => TouchesMmx(code) == ((parts & StateGenerator.Parts.Mmx) != 0));

    static bool TouchesMmx(Code code)
    {
        OpCodeInfo form = code.ToOpCode();
        return code == Code.Emms
            || Enumerable.Range(0, form.OpCount).Any(i => OperandShape.Of(form.GetOpKind(i)).First == Register.MM0);
    }
}

using System.Linq;
using Iced.Intel;
using KvmSharp.X86.Tests.Oracle;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.X86.Tests.Simd;

/// <summary>
/// Every x87, MMX and SSE instruction as the CPU decodes and executes it, with operands in registers and in memory, against
/// the host's.
/// </summary>
public sealed class FloatFormTests(ITestOutputHelper output)
{
    const int Runs = 2048;

    static readonly CpuidFeature[] _x87 = [CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387];
    static readonly CpuidFeature[] _mmx = [CpuidFeature.MMX];

    static readonly CpuidFeature[] _sse =
    [
        CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3, CpuidFeature.SSSE3, CpuidFeature.SSE4_1, CpuidFeature.SSE4_2,
        CpuidFeature.AES, CpuidFeature.PCLMULQDQ, CpuidFeature.SHA, CpuidFeature.FXSR,
    ];

    [Fact]
    public void X87_agrees_with_the_host()
    {
        DifferentialRun run = new(output, StateGenerator.Parts.X87);
        run.Compare(DifferentialRun.FormsOf(_x87), Runs);
    }

    [Fact]
    public void Mmx_agrees_with_the_host()
    {
        DifferentialRun run = new(output, StateGenerator.Parts.Mmx | StateGenerator.Parts.Vectors);
        run.Compare(DifferentialRun.FormsOf([.. _mmx, .. _sse]).Where(TouchesMmx), Runs);
    }

    [Fact]
    public void Sse_agrees_with_the_host()
    {
        DifferentialRun run = new(output, StateGenerator.Parts.Vectors);
        run.Compare(DifferentialRun.FormsOf(_sse).Where(code => !TouchesMmx(code)), Runs);
    }

    static bool TouchesMmx(Code code)
    {
        OpCodeInfo form = code.ToOpCode();
        return Enumerable.Range(0, form.OpCount).Any(i => OperandShape.Of(form.GetOpKind(i)).First == Register.MM0);
    }
}

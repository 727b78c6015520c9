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

    [Fact]
    public void X87_agrees_with_the_host() => Compare(StateGenerator.Parts.X87);

    [Fact]
    public void Mmx_agrees_with_the_host() => Compare(StateGenerator.Parts.Mmx | StateGenerator.Parts.Vectors);

    [Fact]
    public void Sse_agrees_with_the_host() => Compare(StateGenerator.Parts.Vectors);

    void Compare(StateGenerator.Parts parts) => new DifferentialRun(output, parts).Compare(FloatForms.Of(parts), Runs);
}

using System;
using System.Diagnostics;
using Iced.Intel;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>The judge itself: what it loads it saves, faults come back as vectors, generated code stays in bounds.</summary>
public sealed class HardwareOracleTests(ITestOutputHelper output)
{
    const int DivideError = 0;
    const int InvalidOpcode = 6;
    const int GeneralProtection = 13;
    const int PageFault = 14;
    const int SimdException = 19;

    readonly UserState _state = new();

    [Fact]
    public void An_empty_sequence_changes_nothing()
    {
        if (Open() is not { } oracle)
            return;
        RandomSource random = new(RandomSource.ChooseSeed());
        output.WriteLine($"seed {random.Seed:x}");
        StateGenerator states = new(random);
        states.Fill(_state, oracle.Window, StateGenerator.Parts.Integer | StateGenerator.Parts.Vectors | StateGenerator.Parts.X87);
        _state.Gprs[4] = oracle.WindowAddress + 64;
        UserState before = new();
        _state.CopyTo(before);

        int trap = oracle.Run(oracle.Place([]), _state);

        Assert.Equal(HardwareOracle.NoTrap, trap);
        Assert.True(StateComparison.AreEqual(before, _state, 0), StateComparison.Describe(before, before, _state, 0));
    }

    [Fact]
    public void An_instruction_changes_what_it_should()
    {
        if (Open() is not { } oracle)
            return;
        Prepare(oracle);
        _state.Gprs[0] = 0x7fff_ffff_ffff_ffff;
        _state.Gprs[3] = 1;
        int trap = oracle.Run(oracle.Place([0x48, 0x01, 0xd8]), _state); // add rax, rbx
        Assert.Equal(HardwareOracle.NoTrap, trap);
        Assert.Equal(0x8000_0000_0000_0000, _state.Gprs[0]);
        Assert.Equal(UndefinedFlags.Overflow | UndefinedFlags.Sign | UndefinedFlags.Adjust | UndefinedFlags.Parity, _state.Rflags & 0x8d5);
    }

    [Theory]
    [InlineData(new byte[] { 0xf7, 0xf1 }, DivideError)] // div ecx
    [InlineData(new byte[] { 0x0f, 0x0b }, InvalidOpcode)] // ud2
    [InlineData(new byte[] { 0xf4 }, GeneralProtection)] // hlt
    [InlineData(new byte[] { 0x0f, 0x28, 0x44, 0x24, 0x01 }, GeneralProtection)] // movaps xmm0, [rsp+1]
    [InlineData(new byte[] { 0x0f, 0x5e, 0xc1 }, SimdException)] // divps xmm0, xmm1
    public void A_fault_comes_back_as_its_vector(byte[] code, int vector)
    {
        if (Open() is not { } oracle)
            return;
        Prepare(oracle);
        _state.Mxcsr = 0; // nothing masked
        Assert.Equal(vector, oracle.Run(oracle.Place(code), _state));
    }

    [Fact]
    public void A_placed_sequence_runs_again_and_again()
    {
        if (Open() is not { } oracle)
            return;
        const int Cases = 100_000;
        Prepare(oracle);
        ulong code = oracle.Place([0x48, 0xff, 0xc0]); // inc rax
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Cases; i++)
            oracle.Run(code, _state);
        TimeSpan spent = Stopwatch.GetElapsedTime(start);
        output.WriteLine($"{spent.TotalNanoseconds / Cases:f0} ns a case");
        Assert.Equal(Cases, (int)_state.Gprs[0]);
    }

    [Fact]
    public void Generated_instructions_decode_to_what_was_asked()
    {
        RandomSource random = new(RandomSource.ChooseSeed());
        output.WriteLine($"seed {random.Seed:x}");
        InstructionGenerator generator = new(random);
        int forms = 0;
        int unreachable = 0;
        foreach (Code code in Enum.GetValues<Code>())
        {
            if (!InstructionGenerator.CanGenerate(code) || code.ToOpCode().Encoding != EncodingKind.Legacy)
                continue;
            forms++;
            for (int i = 0; i < 8; i++)
            {
                GuestCase? generated = generator.Generate(code, inMemory: i % 2 == 0, 0x2001_0000, 0x2009_0000);
                if (generated is null)
                    unreachable++;
                else
                    Assert.Equal(code, generated.Instruction.Code);
            }
        }

        output.WriteLine($"{forms} forms, {unreachable} draws that always mean another form");
        Assert.InRange(forms, 500, int.MaxValue);
    }

    [Fact]
    public void Generated_instructions_leave_everything_outside_the_window_alone()
    {
        if (Open() is not { } oracle)
            return;
        RandomSource random = new(RandomSource.ChooseSeed());
        output.WriteLine($"seed {random.Seed:x}");
        InstructionGenerator generator = new(random);
        StateGenerator states = new(random);
        int ran = 0;
        int faulted = 0;
        foreach (Code code in Enum.GetValues<Code>())
        {
            if (!InstructionGenerator.CanGenerate(code) || code.ToOpCode().Encoding != EncodingKind.Legacy)
                continue;
            for (int i = 0; i < 8; i++)
            {
                oracle.Clear();
                if (generator.Generate(code, i % 2 == 0, oracle.NextAddress, oracle.WindowAddress) is not { } generated)
                    continue;
                ulong address = oracle.Place(generated.Bytes);
                states.Fill(_state, oracle.Window, StateGenerator.Parts.Integer);
                generated.PlaceOperands(random, _state, oracle.WindowAddress);
                int trap = oracle.Run(address, _state);
                ran++;
                faulted += trap == HardwareOracle.NoTrap ? 0 : 1;
                Assert.False(trap == PageFault, $"{generated.Instruction} left the window");
            }
        }

        output.WriteLine($"{ran} ran, {faulted} of them faulted");
        Assert.InRange(ran, 4000, int.MaxValue);
    }

    void Prepare(HardwareOracle oracle)
    {
        _state.Reset();
        _state.Gprs[4] = oracle.WindowAddress;
    }

    HardwareOracle? Open()
    {
        HardwareOracle? oracle = HardwareOracle.TryOpen(out string obstacle);
        if (oracle is null)
            output.WriteLine($"skipped: {obstacle}");
        return oracle;
    }
}

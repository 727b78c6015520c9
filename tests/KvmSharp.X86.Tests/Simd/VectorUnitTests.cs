using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmSharp.X86.Simd;
using KvmSharp.X86.Tests.Oracle;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.X86.Tests.Simd;

/// <summary>Every operation on vectors, flags and exceptions included, against the host's CPU.</summary>
public sealed class VectorUnitTests(ITestOutputHelper output)
{
    const int RunsOfAForm = 2000;
    const int SimdException = 19;

    static readonly CpuidFeature[] _features =
    [
        CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3, CpuidFeature.SSSE3, CpuidFeature.SSE4_1, CpuidFeature.SSE4_2,
        CpuidFeature.AES, CpuidFeature.PCLMULQDQ, CpuidFeature.SHA,
    ];

    [Fact]
    public void Operations_on_vectors_agree_with_the_host()
    {
        if (HardwareOracle.TryOpen(out string obstacle) is not { } oracle)
        {
            output.WriteLine($"skipped: {obstacle}");
            return;
        }

        RandomSource random = new(RandomSource.ChooseSeed());
        output.WriteLine($"seed {random.Seed:x}");
        Dictionary<Code, int> wrong = [];
        int forms = 0;
        foreach (Code code in Enum.GetValues<Code>().Where(IsVectorForm))
        {
            forms++;
            int differences = RunForm(oracle, random, code);
            if (differences != 0)
                wrong[code] = differences;
        }

        output.WriteLine($"{forms} forms, {RunsOfAForm} runs each");
        Assert.True(wrong.Count == 0, string.Join(", ", wrong.Select(pair => $"{pair.Key} {pair.Value}")));
        Assert.InRange(forms, 190, int.MaxValue);
    }

    int RunForm(HardwareOracle oracle, RandomSource random, Code code)
    {
        StateGenerator states = new(random);
        VectorUnit.Family family = VectorUnit.FamilyOf(code.Mnemonic());
        InstructionGenerator generator = new(random);
        UserState state = new();
        int differences = 0;
        GuestCase generated = null!;
        ulong address = 0;
        for (int i = 0; i < RunsOfAForm; i++)
        {
            if (i % 64 == 0)
            {
                oracle.Clear();
                generated = generator.Generate(code, false, oracle.NextAddress, oracle.WindowAddress)!;
                address = oracle.Place(generated.Bytes);
            }

            states.Fill(state, oracle.Window, StateGenerator.Parts.Vectors);
            generated.PlaceOperands(random, state, oracle.WindowAddress);
            Instruction instruction = generated.Instruction;
            int to = instruction.Op0Register.GetNumber();
            Vector128<byte> a = Vector128.Create<byte>(state.Xmm(to));
            Vector128<byte> b = instruction.Op1Kind == OpKind.Register
                ? Vector128.Create<byte>(state.Xmm(instruction.Op1Register.GetNumber()))
                : Vector128.CreateScalar((ulong)instruction.Immediate8).AsByte();
            byte control = instruction.OpCount > 2 && instruction.Op2Kind == OpKind.Immediate8 ? instruction.Immediate8 : (byte)0;
            Mxcsr mxcsr = new() { Value = state.Mxcsr };
            bool delivered = VectorUnit.TryCompute(
                family, code.Mnemonic(), a, b, control, Vector128.Create<byte>(state.Xmm(0)), ref mxcsr, out Vector128<byte> ours);
            uint before = state.Mxcsr;
            int trap = oracle.Run(address, state);
            Vector128<byte> host = Vector128.Create<byte>(state.Xmm(to));
            bool same = trap == (delivered ? HardwareOracle.NoTrap : SimdException) && mxcsr.Value == state.Mxcsr
                && (!delivered || host == ours || IsApproximation(code, host, ours));
            if (!same && differences++ == 0)
                output.WriteLine(
                    $"{instruction}: a {Hex(a)} b {Hex(b)} mxcsr {before:x}: host {trap} {Hex(host)} {state.Mxcsr:x}, ours {delivered} {Hex(ours)} {mxcsr.Value:x}");
        }

        return differences;
    }

    static bool IsApproximation(Code code, Vector128<byte> host, Vector128<byte> ours) =>
        code.Mnemonic() is Mnemonic.Rcpps or Mnemonic.Rcpss or Mnemonic.Rsqrtps or Mnemonic.Rsqrtss
        && Enumerable.Range(0, 4).All(i => IsNear(host.AsSingle()[i], ours.AsSingle()[i]));

    // Both are within 1.5 × 2^−12 of the truth. Near the denormals models differ in when they give zero.
    static bool IsNear(float host, float ours) =>
        BitConverter.SingleToInt32Bits(host) == BitConverter.SingleToInt32Bits(ours)
        || Math.Abs((double)host - ours) <= Math.Max(3.0 / 4096 * Math.Abs(host), 1.2e-38);

    static bool IsVectorForm(Code code) =>
        InstructionGenerator.CanGenerate(code)
        && code.ToOpCode() is { Encoding: EncodingKind.Legacy, OpCount: >= 2 } form
        && form.Op0Kind == OpCodeOperandKind.xmm_reg
        && form.Op1Kind is OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.xmm_rm or OpCodeOperandKind.imm8
        && code.CpuidFeatures().Any(feature => _features.Contains(feature))
        && VectorUnit.FamilyOf(code.Mnemonic()) != VectorUnit.Family.None;

    static string Hex(Vector128<byte> value) => $"{value.AsUInt64()[1]:x16}_{value.AsUInt64()[0]:x16}";
}

using System;
using System.Collections.Generic;
using System.Linq;
using Iced.Intel;
using KvmSharp.X86.Operations;
using KvmSharp.X86.Tests.Oracle;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.X86.Tests.Instructions;

/// <summary>
/// Every integer form that programs can use, with random operands: the software CPU does what the host's does. Compared are
/// registers, the flags that the manuals define, memory, and which fault there is.
/// </summary>
public sealed class IntegerDifferentialTests(ITestOutputHelper output)
{
    const int StatesPerInstruction = 48;

    /// <summary>More instructions of each form than CI's time allows: a number in the environment.</summary>
    const string RoundsVariable = "KVMSHARP_DIFFERENTIAL_ROUNDS";
    const int RoundsInCI = 42;

    static readonly CpuidFeature[] _integer =
    [
        CpuidFeature.INTEL8086, CpuidFeature.INTEL8086_ONLY, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386,
        CpuidFeature.INTEL486, CpuidFeature.X64, CpuidFeature.ADX, CpuidFeature.BMI1, CpuidFeature.BMI2, CpuidFeature.CMOV,
        CpuidFeature.CMPXCHG16B, CpuidFeature.CX8, CpuidFeature.LZCNT, CpuidFeature.MOVBE, CpuidFeature.MULTIBYTENOP,
        CpuidFeature.POPCNT,
    ];

    readonly UserState _before = new();
    readonly UserState _expected = new();
    readonly UserState _actual = new();
    readonly byte[] _windowBefore = new byte[HardwareOracle.WindowSize];
    readonly byte[] _window = new byte[HardwareOracle.WindowSize];

    [Fact]
    public void Integer_instructions_do_what_the_hosts_do()
    {
        if (HardwareOracle.TryOpen(out string obstacle) is not { } oracle)
        {
            output.WriteLine($"skipped: {obstacle}");
            return;
        }
        var random = new RandomSource(RandomSource.ChooseSeed());
        output.WriteLine($"seed {random.Seed:x}");
        int rounds = int.TryParse(Environment.GetEnvironmentVariable(RoundsVariable), out int asked) ? asked : RoundsInCI;
        var generator = new InstructionGenerator(random);
        var states = new StateGenerator(random);
        Code[] codes = [.. Enum.GetValues<Code>().Where(IsInteger)];
        var failures = new List<string>();
        using var guest = new UserModeGuest(oracle);
        long cases = 0;
        for (int round = 0; round < rounds && failures.Count < 20; round++)
        {
            foreach (Code code in codes)
            {
                oracle.Clear();
                if (generator.Generate(code, round % 2 == 0, oracle.NextAddress, oracle.WindowAddress) is not { } generated)
                    continue;
                ulong address = oracle.Place(generated.Bytes);
                guest.Place(address, generated.Bytes);
                for (int state = 0; state < StatesPerInstruction; state++, cases++)
                {
                    states.Fill(_before, oracle.Window, StateGenerator.Parts.Integer);
                    generated.PlaceOperands(random, _before, oracle.WindowAddress);
                    if (Compare(oracle, guest, generated, address) is { } failure)
                    {
                        failures.Add(failure);
                        break;
                    }
                }
            }
        }
        output.WriteLine($"{codes.Length} forms, {cases} cases");
        Assert.True(failures.Count == 0, string.Join('\n', failures.Take(20)));
    }

    string? Compare(HardwareOracle oracle, UserModeGuest guest, GuestCase generated, ulong address)
    {
        oracle.Window.CopyTo(_windowBefore);
        _windowBefore.CopyTo(_window, 0);
        _before.CopyTo(_expected);
        int hostTrap = oracle.Run(address, _expected);
        _before.CopyTo(_actual);
        int trap = guest.Run(address, _actual, oracle.WindowAddress, _window);
        _expected.Fx.CopyTo(_actual.Fx);
        if (IsUndefined(generated.Instruction, _before.Gprs[1]))
            return null;
        ulong undefined = UndefinedFlags.Of(generated.Instruction, _before.Gprs[1]);
        // A fault leaves everything as it was; the host's handler has lost the flags.
        bool same = trap == hostTrap && (trap != HardwareOracle.NoTrap
            || (StateComparison.AreEqual(_expected, _actual, undefined) && oracle.Window.SequenceEqual(_window)));
        if (same)
            return null;
        return $"{generated.Instruction} ({generated.Instruction.Code}, {Convert.ToHexString(generated.Bytes)}): "
            + $"host {hostTrap}, ours {trap}, memory {(oracle.Window.SequenceEqual(_window) ? "same" : "differs")}\n"
            + StateComparison.Describe(_before, _expected, _actual, undefined);
    }

    // The manuals leave the result open: a shift further than 16 bits are wide, and bytes of 16 bits swapped.
    static bool IsUndefined(in Instruction instruction, ulong rcx)
    {
        if (instruction.Mnemonic == Mnemonic.Bswap)
            return instruction.Op0Register.GetSize() == 2;
        if (instruction.Mnemonic is not (Mnemonic.Shld or Mnemonic.Shrd) || instruction.Op1Register.GetSize() != 2)
            return false;
        ulong count = instruction.Op2Kind == OpKind.Register ? rcx : instruction.Immediate8;
        return (count & 31) > 16;
    }

    static bool IsInteger(Code code) => InstructionGenerator.CanGenerate(code)
        && InstructionTable.IsKnown(code)
        && code.CpuidFeatures().All(feature => Array.IndexOf(_integer, feature) >= 0);
}

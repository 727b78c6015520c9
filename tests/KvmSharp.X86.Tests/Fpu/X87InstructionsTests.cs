using System;
using System.Collections.Generic;
using System.Linq;
using Iced.Intel;
using KvmSharp.X86.FloatingPoint;
using KvmSharp.X86.Fpu;
using KvmSharp.X86.Tests.Oracle;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.X86.Tests.Fpu;

/// <summary>
/// Every x87 instruction on the registers, with all controls, exceptions, and states of the stack, against the host's CPU.
/// </summary>
public sealed class X87InstructionsTests(ITestOutputHelper output)
{
    const int RunsOfAForm = 3000;
    const int FloatingPointError = 16;
    const ulong ArithmeticFlags = 0x8d5;

    readonly UserState _state = new();
    readonly UserState _before = new();
    int _aUnitAway;
    readonly byte[] _image = new byte[FxImage.Size];

    [Fact]
    public void Instructions_agree_with_the_host()
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
        foreach (Code code in Enum.GetValues<Code>().Where(IsX87Form))
        {
            forms++;
            int differences = RunForm(oracle, random, code);
            if (differences != 0)
                wrong[code] = differences;
        }

        output.WriteLine(
            $"{forms} forms, {RunsOfAForm} runs each; {_aUnitAway} transcendental results a unit in the last place from the host's");
        Assert.True(wrong.Count == 0, string.Join(", ", wrong.Select(pair => $"{pair.Key} {pair.Value}")));
        Assert.InRange(forms, 100, int.MaxValue);
    }

    int RunForm(HardwareOracle oracle, RandomSource random, Code code)
    {
        StateGenerator states = new(random);
        InstructionGenerator generator = new(random);
        byte[] expectedMemory = new byte[HardwareOracle.WindowSize];
        GuestCase? generated = null;
        ulong address = 0;
        int differences = 0;
        for (int i = 0; i < RunsOfAForm; i++)
        {
            if (i % 32 == 0)
            {
                oracle.Clear();
                generated = generator.Generate(code, true, oracle.NextAddress, oracle.WindowAddress);
                if (generated is null)
                    return 0;
                address = oracle.Place(generated.Bytes);
            }

            Instruction instruction = generated!.Instruction;
            states.Fill(_state, oracle.Window, StateGenerator.Parts.X87);
            if (IsUndefined(instruction, X87Image.LoadRegister(_state.St(0))))
                continue;
            generated.PlaceOperands(random, _state, oracle.WindowAddress);
            _state.CopyTo(_before);
            X87State state = default;
            FxImage.LoadX87(ref state, _state.Fx, wide: true);

            bool pending = state.IsErrorPending;
            ulong flags = _state.Rflags;
            oracle.Window.CopyTo(expectedMemory);
            if (!pending)
                Execute(instruction, ref state, expectedMemory, oracle.WindowAddress, ref flags);
            int trap = oracle.Run(address, _state);

            FxImage.StoreX87(state, _image, wide: true);
            // Whether these leave C1 alone or clear it is where makers' manuals differ.
            if (instruction.Mnemonic is Mnemonic.Fcomi or Mnemonic.Fcomip or Mnemonic.Fucomi or Mnemonic.Fucomip)
                _image[3] = (byte)((_image[3] & ~2) | ((_state.StatusWord & X87State.C1) >> 8));
            // Pointers and opcode are the processor's business.
            bool same = trap == (pending ? FloatingPointError : HardwareOracle.NoTrap)
                && _image.AsSpan(0, 5).SequenceEqual(_state.Fx[..5])
                && _image.AsSpan(32, 128).SequenceEqual(_state.Fx.Slice(32, 128))
                && ((flags ^ _state.Rflags) & ArithmeticFlags) == 0
                && oracle.Window.SequenceEqual(expectedMemory);
            if (same)
                continue;
            if (IsWithinAUnit(instruction, ref state, _state))
            {
                _aUnitAway++;
                continue;
            }

            if (differences++ < 2)
                Report(instruction, trap, state, flags, expectedMemory, oracle.Window);
        }

        return differences;
    }

    // F2XM1 beyond ±1 and FYL2XP1 beyond 1 − √½ are undefined.
    static bool IsUndefined(in Instruction instruction, Float80 top) => instruction.Mnemonic switch
    {
        Mnemonic.F2xm1 => top.Class == FloatClass.Finite && top.BiasedExponent >= 0x3fff,
        Mnemonic.Fyl2xp1 => top.Class is FloatClass.Finite or FloatClass.Infinity && top.BiasedExponent >= 0x3ffd,
        _ => false,
    };

    void Execute(in Instruction instruction, ref X87State state, byte[] window, ulong windowAddress, ref ulong flags)
    {
        Float80 memory = default;
        int offset = 0;
        int size = 0;
        if (instruction.Op0Kind == OpKind.Memory)
        {
            ulong target = instruction.GetVirtualAddress(0, 0, Register);
            offset = (int)(target - windowAddress);
            size = X87Memory.SizeOf(instruction.MemorySize);
            Span<byte> bytes = stackalloc byte[16];
            window.AsSpan(offset, size).CopyTo(bytes);
            memory = X87Image.LoadRegister(bytes);
        }

        Assert.True(X87Instructions.TryExecute(instruction, ref state, memory, flags, out X87Effects effects), $"{instruction.Code}");
        if (effects.SetsFlags)
            flags = (flags & ~ArithmeticFlags) | effects.Flags;
        if (effects.StoresMemory)
        {
            Span<byte> bytes = stackalloc byte[16];
            X87Image.StoreRegister(effects.Memory, bytes);
            bytes[..size].CopyTo(window.AsSpan(offset));
        }
    }

    ulong Register(Iced.Intel.Register register, int elementIndex, int elementSize) =>
        !register.IsGPR() ? 0
        : register.IsGPR32() ? (uint)_before.Gprs[register.GetNumber()]
        : _before.Gprs[register.GetNumber()];

    // A processor's transcendental results may be a unit away from the correctly rounded ones, and round the other way.
    static bool IsWithinAUnit(in Instruction instruction, ref X87State ours, UserState host)
    {
        if (instruction.Mnemonic is not (Mnemonic.Fsin or Mnemonic.Fcos or Mnemonic.Fsincos or Mnemonic.Fptan or Mnemonic.Fpatan
            or Mnemonic.F2xm1 or Mnemonic.Fyl2x or Mnemonic.Fyl2xp1))
            return false;
        if (((ours.Status ^ host.StatusWord) & ~X87State.C1) != 0)
            return false;
        for (int i = 0; i < 8; i++)
        {
            UInt128 left = new(ours.St(i).SignExponent, ours.St(i).Significand);
            Float80 other = X87Image.LoadRegister(host.St(i));
            UInt128 right = new(other.SignExponent, other.Significand);
            // Numbers of neighbouring exponents are neighbours too once the leading bit is left out.
            left = (left >> 64 << 63) | (left & long.MaxValue);
            right = (right >> 64 << 63) | (right & long.MaxValue);
            if (left - right > 1 && right - left > 1)
                return false;
        }

        return true;
    }

    void Report(in Instruction instruction, int trap, in X87State ours, ulong flags, byte[] memory, Span<byte> hostMemory)
    {
        output.WriteLine(
            $"{instruction}: cw {_before.ControlWord:x} sw {_before.StatusWord:x} tags {_before.Tags:x} st0 {Hex(_before.St(0))} st1 {Hex(_before.St(1))} fl {_before.Rflags:x}");
        output.WriteLine($"    host trap {trap} sw {_state.StatusWord:x} tags {_state.Tags:x} st0 {Hex(_state.St(0))} st1 {Hex(_state.St(1))} st7 {Hex(_state.St(7))} fl {_state.Rflags:x}");
        output.WriteLine($"    ours sw {ours.Status:x} tags {ours.Tags:x} st0 {Hex(ours.St(0))} st1 {Hex(ours.St(1))} st7 {Hex(ours.St(7))} fl {flags:x}");
        int at = hostMemory.CommonPrefixLength(memory);
        if (at < memory.Length)
            output.WriteLine($"    memory: host {Convert.ToHexString(hostMemory.Slice(at & ~1, 10))} ours {Convert.ToHexString(memory.AsSpan(at & ~1, 10))}");
        if (instruction.Op0Kind == OpKind.Memory)
            output.WriteLine($"    size {instruction.MemorySize}");
    }

    static string Hex(Span<byte> st) => Hex(X87Image.LoadRegister(st));

    static string Hex(Float80 value) => $"{value.SignExponent:x4}_{value.Significand:x16}";

    static bool IsX87Form(Code code) =>
        InstructionGenerator.CanGenerate(code)
        && code.ToOpCode().Encoding == EncodingKind.Legacy
        && code.CpuidFeatures().Any(feature => feature is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387)
        && code.Mnemonic() is not (Mnemonic.Fninit or Mnemonic.Fnclex or Mnemonic.Fnstcw or Mnemonic.Fldcw or Mnemonic.Fnstsw
            or Mnemonic.Fnstenv or Mnemonic.Fldenv or Mnemonic.Fnsave or Mnemonic.Frstor or Mnemonic.Wait or Mnemonic.Fneni
            or Mnemonic.Fndisi or Mnemonic.Fnsetpm or Mnemonic.Frstpm);
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Iced.Intel;
using KvmSharp.X86.Tests.Instructions;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>
/// The same instruction on the same state, on the host's CPU and on the software CPU; everything that the manuals define has
/// to come out the same.
/// </summary>
/// <remarks>
/// Set <c>KVMSHARP_DIFFERENTIAL_ROUNDS</c> to a number of rounds for a longer run.
/// </remarks>
sealed class DifferentialRun
{
    // States that an encoding is run with before a new one is drawn.
    const int RunsOfAnEncoding = 64;
    const int ReportedForms = 20;

    readonly ITestOutputHelper _output;
    readonly RandomSource _random;
    readonly InstructionGenerator _generator;
    readonly StateGenerator _states;
    readonly StateGenerator.Parts _parts;
    readonly UserState _before = new();
    readonly UserState _host = new();
    readonly UserState _ours = new();
    readonly byte[] _windowBefore = new byte[HardwareOracle.WindowSize];
    readonly byte[] _windowHost = new byte[HardwareOracle.WindowSize];
    readonly byte[] _windowOurs = new byte[HardwareOracle.WindowSize];
    readonly Dictionary<Code, int> _wrong = [];
    readonly StringBuilder _report = new();
    bool _records;

    internal DifferentialRun(ITestOutputHelper output, StateGenerator.Parts parts, ulong? seed = null)
    {
        _output = output;
        _random = new RandomSource(seed ?? RandomSource.ChooseSeed());
        _parts = parts;
        _generator = new InstructionGenerator(_random);
        _states = new StateGenerator(_random);
        output.WriteLine($"seed {_random.Seed:x}");
    }

    internal long Cases { get; private set; }

    internal int Forms { get; private set; }

    /// <summary>A sum over what the software CPU made of each form's cases.</summary>
    internal SortedDictionary<string, ulong> Sums { get; } = new(StringComparer.Ordinal);

    /// <summary>Runs the same cases where there is no oracle, for the sums alone.</summary>
    internal void RunWithoutOracle(IEnumerable<Code> forms, int runs)
    {
        ulong start = NativeArena.FirstPiece;
        ulong window = start + NativeArena.Window;
        byte[] bytes = new byte[HardwareOracle.WindowSize];
        using UserModeGuest software = new(start, NativeArena.Size);
        ulong address = start + NativeArena.Code;
        List<GuestCase> cases = [];
        foreach (Code code in forms)
        {
            bool hasMemory = InstructionGenerator.HasMemoryForm(code);
            for (int i = 0; i < runs / RunsOfAnEncoding; i++)
            {
                if (_generator.Generate(code, hasMemory && (i & 1) != 0, address, window) is not { } generated)
                    break;
                software.Place(address, generated.Bytes);
                address += (ulong)generated.Bytes.Length + HardwareOracle.JumpSize;
                cases.Add(generated);
            }
        }

        foreach (GuestCase generated in cases)
        {
            for (int i = 0; i < RunsOfAnEncoding; i++)
            {
                _states.Fill(_before, bytes, _parts);
                generated.PlaceOperands(_random, _before, window);
                if (InstructionExceptions.IsUndefined(generated.Instruction, _before, bytes, window))
                    continue;
                Cases++;
                _before.CopyTo(_ours);
                bytes.CopyTo(_windowOurs, 0);
                Add(generated, software.Run(generated.Address, _ours, window, _windowOurs));
            }
        }
    }

    // Everything that does not depend on where window and code lie: registers that hold addresses are left out.
    void Add(GuestCase generated, int trap)
    {
        string form = generated.Instruction.Code.ToString();
        ulong sum = Sums.GetValueOrDefault(form);
        Mix(ref sum, (ulong)trap);
        for (int i = 0; i < 16; i++)
        {
            if (i != 4 && i != generated.Base && i != generated.Index && (generated.ImplicitPointers >> i & 1) == 0)
                Mix(ref sum, _ours.Gprs[i]);
        }

        Mix(ref sum, _ours.Rflags & ~0x202UL);
        Mix(ref sum, ((ulong)_ours.Mxcsr << 32) | ((ulong)_ours.ControlWord << 16) | _ours.StatusWord);
        Mix(ref sum, _ours.Tags);
        foreach (byte value in _ours.Fx[UserState.StackOffset..(UserState.XmmOffset + 256)])
            Mix(ref sum, value);
        foreach (byte value in _windowOurs)
            Mix(ref sum, value);
        Sums[form] = sum;
    }

    static void Mix(ref ulong sum, ulong value) => sum = (ulong.RotateLeft(sum, 5) ^ value) * 0x9e37_79b9_7f4a_7c15;

    /// <summary>Forms of certain extensions that the generator can make and the host has.</summary>
    internal static IEnumerable<Code> FormsOf(params CpuidFeature[] features) =>
        Enum.GetValues<Code>().Where(code =>
            InstructionGenerator.CanGenerate(code)
            && code.ToOpCode().Encoding is EncodingKind.Legacy or EncodingKind.VEX
            && code.CpuidFeatures().Any(features.Contains));

    /// <summary>Runs forms, so many states each, and fails if any comes out differently.</summary>
    /// <param name="forms">The forms.</param>
    /// <param name="runs">States for each.</param>
    internal void Compare(IEnumerable<Code> forms, int runs)
    {
        if (HardwareOracle.TryOpen(out string obstacle) is not { } oracle)
        {
            _output.WriteLine($"skipped: {obstacle}");
            return;
        }

        int passes = Environment.GetEnvironmentVariable("KVMSHARP_DIFFERENTIAL_ROUNDS") is { Length: > 0 } scale
            ? int.Parse(scale, CultureInfo.InvariantCulture)
            : 1;
        Code[] codes = [.. forms];
        for (int pass = 0; pass < passes; pass++)
            RunPass(oracle, codes, runs);
        _output.WriteLine($"{Forms} forms, {Cases} cases");
        Assert.True(
            _wrong.Count == 0,
            $"seed {_random.Seed:x}: {string.Join(", ", _wrong.Select(pair => $"{pair.Key} {pair.Value}"))}\n{_report}");
    }

    /// <summary>Compares, and on agreement the sums are those of the host.</summary>
    /// <returns>False where there is no oracle.</returns>
    internal bool TryRecord(IEnumerable<Code> forms, int runs)
    {
        _records = true;
        Compare(forms, runs);
        return Cases != 0;
    }

    void RunPass(HardwareOracle oracle, Code[] codes, int runs)
    {
        using UserModeGuest software = new(oracle);
        oracle.Clear();
        List<GuestCase> cases = [];
        Forms = 0;
        foreach (Code code in codes)
        {
            bool hasMemory = InstructionGenerator.HasMemoryForm(code);
            for (int i = 0; i < runs / RunsOfAnEncoding; i++)
            {
                if (_generator.Generate(code, hasMemory && (i & 1) != 0, oracle.NextAddress, oracle.WindowAddress) is not { } generated)
                    break;
                Assert.True(oracle.Place(generated.Bytes) != 0, "too many encodings for the oracle's memory");
                software.Place(generated.Address, generated.Bytes);
                cases.Add(generated);
                Forms += i == 0 ? 1 : 0;
            }
        }

        foreach (GuestCase generated in cases)
        {
            for (int i = 0; i < RunsOfAnEncoding; i++)
                RunCase(oracle, software, generated);
        }
    }

    void RunCase(HardwareOracle oracle, UserModeGuest software, GuestCase generated)
    {
        _states.Fill(_before, oracle.Window, _parts);
        generated.PlaceOperands(_random, _before, oracle.WindowAddress);
        Instruction instruction = generated.Instruction;
        if (InstructionExceptions.IsUndefined(instruction, _before, oracle.Window, oracle.WindowAddress))
            return;
        Cases++;
        oracle.Window.CopyTo(_windowBefore);
        _before.CopyTo(_host);
        _before.CopyTo(_ours);
        _windowBefore.CopyTo(_windowOurs, 0);

        int hostTrap = oracle.Run(generated.Address, _host);
        int ourTrap = software.Run(generated.Address, _ours, oracle.WindowAddress, _windowOurs);
        oracle.Window.CopyTo(_windowHost);
        if (_records)
            Add(generated, ourTrap);

        ulong undefined = hostTrap == HardwareOracle.NoTrap ? UndefinedFlags.Of(instruction, _before.Gprs[1]) : 0;
        InstructionExceptions.Excuse(instruction, _before, _host, _ours, _windowHost, _windowOurs, oracle.WindowAddress);
        if (hostTrap == ourTrap && StateComparison.AreEqual(_host, _ours, undefined)
            && _windowHost.AsSpan().SequenceEqual(_windowOurs))
            return;
        _wrong[instruction.Code] = _wrong.GetValueOrDefault(instruction.Code) + 1;
        if (_wrong[instruction.Code] > 1 || _wrong.Count > ReportedForms)
            return;
        _report.AppendLine(
            CultureInfo.InvariantCulture,
            $"{instruction.Code}: {instruction} ({Convert.ToHexStringLower(generated.Bytes)}), fault on the host {hostTrap}, ours {ourTrap}");
        _report.Append(StateComparison.Describe(_before, _host, _ours, undefined));
        int at = _windowHost.AsSpan().CommonPrefixLength(_windowOurs);
        if (at < _windowHost.Length)
            _report.AppendLine(
                CultureInfo.InvariantCulture,
                $"  window+{at:x}: before {Hex(_windowBefore, at)} host {Hex(_windowHost, at)} ours {Hex(_windowOurs, at)}");
    }

    static string Hex(byte[] window, int at) => Convert.ToHexStringLower(window.AsSpan(at, Math.Min(16, window.Length - at)));
}

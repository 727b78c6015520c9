using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Iced.Intel;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>
/// The same instruction on the same state, on the host's CPU and on the software CPU; everything that the manuals define has
/// to come out the same: registers, flags, memory, and which fault there is.
/// </summary>
/// <remarks>Without a judge the software CPU runs the same cases alone, for <see cref="Sums"/>.</remarks>
sealed class DifferentialRun : IDisposable
{
    /// <summary>States that an encoding is run with before a new one is drawn.</summary>
    internal const int RunsOfAnEncoding = 64;
    const int ReportedForms = 20;

    readonly FormSet _set;
    readonly HardwareOracle? _oracle;
    readonly UserModeGuest _software;
    readonly RandomSource _random;
    readonly InstructionGenerator _generator;
    readonly StateGenerator _states;
    readonly TwoSides _sides;
    readonly List<GuestCase> _placed = [];
    readonly Dictionary<Code, ulong> _sums = [];
    readonly Dictionary<Code, int> _wrong = [];
    readonly StringBuilder _report = new();
    readonly CodeArea _area;

    /// <summary>Prepares a run.</summary>
    /// <param name="set">What is tried.</param>
    /// <param name="seed">Decides every case.</param>
    /// <param name="oracle">The judge, or none.</param>
    internal DifferentialRun(FormSet set, ulong seed, HardwareOracle? oracle)
    {
        _set = set;
        _oracle = oracle;
        _random = new RandomSource(seed);
        _generator = new InstructionGenerator(_random);
        _states = new StateGenerator(_random);
        _area = new CodeArea(oracle);
        _software = new UserModeGuest(_area.Start, NativeArena.Size);
        _sides = new TwoSides(_software, oracle, _area.Window);
    }

    /// <summary>States that were run.</summary>
    internal long Cases { get; private set; }

    /// <summary>Different forms that were run.</summary>
    internal int Forms => _sums.Count;

    /// <summary>A sum over what the software CPU made of each form's cases.</summary>
    internal SortedDictionary<string, ulong> Sums =>
        new(_sums.ToDictionary(pair => pair.Key.ToString(), pair => pair.Value), StringComparer.Ordinal);

    /// <summary>What came out differently, as text; none if nothing did.</summary>
    internal string? Differences => _wrong.Count == 0
        ? null
        : $"seed {_random.Seed:x}: {string.Join(", ", _wrong.Select(pair => $"{pair.Key} {pair.Value}"))}\n{_report}";

    /// <summary>Runs every form, half of its encodings in memory where it can be there.</summary>
    /// <param name="statesOfAForm">States for each.</param>
    internal void Run(int statesOfAForm)
    {
        foreach (Code code in _set.Forms)
        {
            if (_oracle is not null && !HostFeatures.Executes(code))
                continue;
            bool hasMemory = InstructionGenerator.HasMemoryForm(code);
            for (int i = 0; i < statesOfAForm / RunsOfAnEncoding; i++)
            {
                if (_generator.Generate(code, hasMemory && (i & 1) != 0, _area.Next, _area.Window) is not { } generated)
                    break;
                if (!_area.TryPlace(_software, generated.Bytes))
                {
                    RunPlaced();
                    i--;
                    continue;
                }
                _placed.Add(generated);
            }
        }
        RunPlaced();
    }

    public void Dispose() => _software.Dispose();

    void RunPlaced()
    {
        foreach (GuestCase generated in _placed)
        {
            for (int i = 0; i < RunsOfAnEncoding; i++)
                RunCase(generated);
        }
        _placed.Clear();
        _area.Clear();
    }

    void RunCase(GuestCase generated)
    {
        UserState before = _sides.Before;
        _states.Fill(before, _sides.WindowBefore, _set.Parts);
        generated.PlaceOperands(_random, before, _area.Window);
        Instruction instruction = generated.Instruction;
        if (InstructionExceptions.IsUndefined(instruction, before, _sides.WindowBefore, _area.Window))
            return;
        Cases++;
        _sides.RunOurs(generated.Address);
        ulong undefined = _sides.OurTrap == HardwareOracle.NoTrap ? UndefinedFlags.Of(instruction, before.Gprs[1]) : 0;
        ref ulong sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_sums, instruction.Code, out _);
        sum = _sides.AddOursTo(sum, undefined);
        if (_oracle is null)
            return;

        _sides.RunHost(generated.Address);
        InstructionExceptions.Excuse(
            instruction, before, _sides.Host, _sides.Ours, _sides.WindowHost, _sides.WindowOurs, _area.Window);
        if (!_sides.Agree(undefined))
            Report(generated, undefined);
    }

    void Report(GuestCase generated, ulong undefined)
    {
        Instruction instruction = generated.Instruction;
        _wrong[instruction.Code] = _wrong.GetValueOrDefault(instruction.Code) + 1;
        if (_wrong[instruction.Code] > 1 || _wrong.Count > ReportedForms)
            return;
        _report.AppendLine(
            CultureInfo.InvariantCulture,
            $"{instruction.Code}: {instruction} ({Convert.ToHexStringLower(generated.Bytes)}), fault on the host {_sides.HostTrap}, ours {_sides.OurTrap}");
        _report.Append(_sides.Describe(undefined));
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Iced.Intel;

namespace KvmSharp.X86.Tests.Oracle.Sequences;

/// <summary>
/// Random sequences on the host's CPU and on the software CPU: flags that nobody has read yet, results in flight from
/// register to memory and back. A difference is cut down and told as text.
/// </summary>
/// <remarks>Without a judge the software CPU runs the same sequences alone, for <see cref="Sums"/>.</remarks>
sealed class SequenceRun : IDisposable
{
    const int StatesOfASequence = 16;
    const int ReportedSequences = 3;

    // Sequences that share a line of recorded results.
    const int SequencesOfASum = 32;

    readonly HardwareOracle? _oracle;
    readonly bool _translates;
    readonly RandomSource _random;
    readonly SequenceGenerator _generator;
    readonly StateGenerator _states;
    readonly CodeArea _area;
    readonly UserModeGuest _software;
    readonly TwoSides _sides;
    readonly List<string> _differences = [];

    // Of the sequence that is placed.
    ulong _address;
    FlagFlow _flow;

    /// <summary>Prepares a run.</summary>
    /// <param name="seed">Decides everything.</param>
    /// <param name="oracle">The judge, or none.</param>
    /// <param name="translates">
    /// Whether the software CPU translates: a sequence's first state is then executed one instruction at a time, the others
    /// by the host code that the first has left.
    /// </param>
    internal SequenceRun(ulong seed, HardwareOracle? oracle, bool translates = false)
    {
        _oracle = oracle;
        _random = new RandomSource(seed);
        _generator = new SequenceGenerator(_random, onHost: oracle is not null);
        _states = new StateGenerator(_random);
        _area = new CodeArea(oracle);
        _software = new UserModeGuest(_area.Start, NativeArena.Size);
        _translates = translates;
        if (translates)
            _software.TranslateAtOnce();
        _sides = new TwoSides(_software, oracle, _area.Window);
    }

    /// <summary>Sequences that were run.</summary>
    internal long Sequences { get; private set; }

    /// <summary>States that they were run from.</summary>
    internal long Cases { get; private set; }

    /// <summary>Blocks that the software CPU has translated.</summary>
    internal long BlocksTranslated => _software.BlocksTranslated;

    /// <summary>Cases that a fault ended.</summary>
    internal long Faults { get; private set; }

    /// <summary>A sum over what the software CPU made of so many sequences at a time.</summary>
    internal SortedDictionary<string, ulong> Sums { get; } = new(StringComparer.Ordinal);

    /// <summary>What came out differently; empty if nothing did.</summary>
    internal IReadOnlyList<string> Differences => _differences;

    /// <summary>What the software CPU gets in an instruction's place: to see that a difference is found.</summary>
    internal Func<Instruction, Instruction>? Blunder { get; init; }

    /// <summary>Runs so many sequences, or until enough of them have differed.</summary>
    internal void Run(int sequences)
    {
        for (int i = 0; i < sequences && _differences.Count < ReportedSequences; i++, Sequences++)
        {
            SequenceKind kind = (SequenceKind)(Sequences & 3);
            Sequence sequence = _generator.Generate(kind, _area.Window);
            Place(sequence);
            string name = $"{kind}-{Sequences / SequencesOfASum:d4}";
            for (int state = 0; state < StatesOfASequence; state++)
            {
                Fill(kind, sequence);
                bool agrees = RunPlaced();
                Cases++;
                Sums[name] = _sides.AddOursTo(Sums.GetValueOrDefault(name), Undefined);
                if (!agrees)
                {
                    Report(kind, sequence);
                    break;
                }
            }
        }
    }

    public void Dispose() => _software.Dispose();

    ulong Undefined => _sides.OurTrap == HardwareOracle.NoTrap ? _flow.AtEnd : _flow.Anywhere;

    void Place(Sequence sequence)
    {
        FlagFlow.TryFollow([.. sequence.Steps], out _flow);
        while (true)
        {
            _address = _area.Next;
            byte[] code = sequence.Encode(_address);
            if (_area.TryPlace(_software, code, Blunder is null ? code : sequence.Encode(_address, Blunder)))
                return;
            _area.Clear();
        }
    }

    void Fill(SequenceKind kind, Sequence sequence)
    {
        StateGenerator.Parts parts = kind switch
        {
            SequenceKind.Sse => StateGenerator.Parts.Vectors,
            SequenceKind.Mmx => StateGenerator.Parts.Vectors | StateGenerator.Parts.Mmx,
            SequenceKind.X87 => StateGenerator.Parts.X87,
            _ => StateGenerator.Parts.Integer,
        };
        _states.Fill(_sides.Before, _sides.WindowBefore, parts);
        sequence.Pointers.Prepare(_random, _sides.Before, _area.Window);
    }

    // Runs what is placed from the state before, on both sides; whether they agree.
    bool RunPlaced()
    {
        _sides.RunOurs(_address);
        Faults += _sides.OurTrap == HardwareOracle.NoTrap ? 0 : 1;
        if (_oracle is null)
            return true;
        _sides.RunHost(_address);
        return _sides.Agree(Undefined);
    }

    // Places a sequence and runs it, for the second time if it is translated after the first.
    bool RunAnew(Sequence sequence)
    {
        Place(sequence);
        if (_translates)
            RunPlaced();
        return RunPlaced();
    }

    void Report(SequenceKind kind, Sequence sequence)
    {
        SequenceShrinker shrinker = new((candidate, _, _) => !RunAnew(candidate));
        Sequence least = shrinker.Shrink(sequence, _sides.Before, _sides.WindowBefore);
        RunAnew(least);
        StringBuilder text = new();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"seed {_random.Seed:x}, sequence {Sequences} ({kind}), {least.Steps.Count} of its {sequence.Steps.Count} steps; "
            + $"fault on the host {_sides.HostTrap}, ours {_sides.OurTrap}");
        text.Append(least.Describe(_address));
        text.AppendLine(" from registers that are not zero");
        text.Append(StateComparison.DescribeNonzero(_sides.Before));
        text.AppendLine(" differing");
        text.Append(_sides.Describe(Undefined));
        _differences.Add(text.ToString());
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;
using KvmSharp.Cli.Conform.Operations;

namespace KvmSharp.Cli.Conform;

/// <summary>Takes machines through the lines of a file, each line on every machine before the next.</summary>
sealed class ConformRun(IReadOnlyList<ConformMachine> machines, CancellationToken interruption = default)
{
    /// <summary>Runs a file from its beginning, each machine new.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="comparesOnly">
    /// Whether it is to find a line on which machines differ, and end there. What one of them cannot do, the others leave out
    /// too, since later lines would show it.
    /// </param>
    internal ConformOutcome Run(IReadOnlyList<ConformLine> lines, bool comparesOnly = false)
    {
        var outcome = new ConformOutcome();
        var lacking = new ConformFeature[machines.Count];
        foreach (ConformMachine machine in machines)
        {
            machine.Renew();
            machine.Interruption = interruption;
        }
        using CancellationTokenRegistration kick = interruption.Register(KickAll);
        foreach (ConformLine line in lines)
        {
            if (interruption.IsCancellationRequested)
                break;
            if (comparesOnly && LackingMachine(line) is { } lacks)
                outcome.Skip(lacks.Name, line.Operation.Needs);
            else
                Run(line, lacking, outcome);
            if (comparesOnly && outcome.Differences.Count > 0)
                break;
        }
        outcome.WasInterrupted = interruption.IsCancellationRequested;
        return outcome;
    }

    // A guest that runs for ever is no reason to wait for ever.
    void KickAll()
    {
        foreach (ConformMachine machine in machines)
            machine.Kick();
    }

    ConformMachine? LackingMachine(ConformLine line) => machines.FirstOrDefault(machine => !machine.Has(line.Operation.Needs));

    void Run(ConformLine line, ConformFeature[] lacking, ConformOutcome outcome)
    {
        if (line.Operation is NewMachine)
            Array.Clear(lacking);
        var results = new List<(string Machine, string Text)>(machines.Count);
        for (int index = 0; index < machines.Count; index++)
        {
            ConformMachine machine = machines[index];
            if (line.Operation is Requires requires && lacking[index] == ConformFeature.None)
                lacking[index] = requires.Features.FirstOrDefault(feature => !machine.Has(feature));
            ConformFeature missing = lacking[index] != ConformFeature.None ? lacking[index]
                : machine.Has(line.Operation.Needs) ? ConformFeature.None
                : line.Operation.Needs;
            if (missing != ConformFeature.None)
            {
                outcome.Skip(machine.Name, missing);
                continue;
            }
            results.Add((machine.Name, RunOn(machine, line)));
        }

        // What an interruption has cut short says nothing.
        if (line.Operation is Requires || interruption.IsCancellationRequested)
            return;
        outcome.LinesRun += results.Count;
        foreach ((string machine, string text) in results)
        {
            if (line.Expectation is not null && text != line.Expectation)
                outcome.Differences.Add(new ConformDifference(line, machine, text, null));
        }
        if (results.Count == 2 && results[0].Text != results[1].Text)
            outcome.Differences.Add(new ConformDifference(line, results[0].Machine, results[0].Text, results[1]));
    }

    static string RunOn(ConformMachine machine, ConformLine line)
    {
        try
        {
            return line.Operation.Run(machine);
        }
        catch (OperationCanceledException)
        {
            return "";
        }
        catch (ConformRunException exception)
        {
            throw CommandException.WrongUse($"line {line.Number}: {exception.Message}");
        }
    }
}

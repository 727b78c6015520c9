using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Threading;
using KvmSharp.Cli.Conform.Random;
using KvmSharp.Cli.Help;

namespace KvmSharp.Cli.Conform;

/// <summary><c>kvmsharp conform</c>: its options, and what it does with them.</summary>
sealed class ConformCommand : Command, IExplained
{
    readonly Argument<string[]> _files = new("FILE")
    {
        Description = "Files of operations. Those that come with the program when there is none.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    readonly Option<string?> _backend = OptionText.New(
        "--backend", "KIND", "Machines to use: soft, kvm or both. Both by default where there is /dev/kvm.");

    readonly Option<string?> _random = OptionText.New("--random", "N", "Run N random operations on both and compare.");

    readonly Option<string?> _seed = OptionText.New("--seed", "S", "The first random sequence. By default another each time.");

    readonly Option<string?> _operations = OptionText.New(
        "--operations", "LIST",
        $"What random sequences are made of, of {string.Join(", ", OperationFamilies.All.Select(OperationFamilies.NameOf))}. All by default.");

    readonly Option<string?> _output = OptionText.New(
        "--output", "FILE", "Where the shortest sequence that shows a difference goes. By default difference.kvm.");

    ConformCommand()
        : base("conform", "Compare this machine's behaviour with what is expected, and with the kernel's.")
    {
        Arguments.Add(_files);
        foreach (Option option in (Option[])[_backend, _random, _seed, _operations, _output])
            Options.Add(option);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Heading, string[] Lines)> Parts { get; } =
    [
        ("Examples:",
        [
            "kvmsharp conform",
            "kvmsharp conform --backend soft conform/slots.kvm",
            "kvmsharp conform --random 100000 --seed 1 --operations slot,log",
        ]),
        ("Exit codes:",
        [
            "0 no difference   1 a difference, or interrupted   2 wrong use   3 not possible on this machine",
        ]),
    ];

    internal static ConformCommand Create(Terminal terminal, CancellationToken interruption)
    {
        var command = new ConformCommand();
        command.SetAction(parsed => ConformReport.Run(command.Read(parsed), terminal, interruption));
        return command;
    }

    ConformOptions Read(ParseResult parsed)
    {
        var options = new ConformOptions { Files = parsed.GetValue(_files) ?? [] };
        if (parsed.GetValue(_backend) is { } backend)
        {
            string name = OptionText.Known("backend", backend, ConformOptions.BackendNames, known => known);
            options = options with { Backend = Enum.Parse<ConformBackend>(name, ignoreCase: true) };
        }
        if (parsed.GetValue(_random) is { } random)
            options = options with { RandomOperations = OptionText.Number("--random", random, 1, long.MaxValue) };
        if (parsed.GetValue(_seed) is { } seed)
            options = options with { Seed = OptionText.Number("--seed", seed, 0, int.MaxValue) };
        if (parsed.GetValue(_operations) is { } families)
        {
            options = options with
            {
                Families =
                [
                    .. OptionText.Items("--operations", families)
                        .Select(name => OptionText.Known("operation", name, OperationFamilies.All, OperationFamilies.NameOf)).Distinct(),
                ],
            };
        }
        if (parsed.GetValue(_output) is { } output)
            options = options with { Reproducer = output };
        if (options.RandomOperations > 0 && options.Files.Count > 0)
            throw CommandException.WrongUse("files and --random do not go together");
        if (options.RandomOperations == 0 && (parsed.GetValue(_seed) ?? parsed.GetValue(_operations) ?? parsed.GetValue(_output)) is not null)
            throw CommandException.WrongUse("--seed, --operations and --output go with --random");
        return options.RandomOperations > 0 && options.Backend is not (null or ConformBackend.Both)
            ? throw CommandException.WrongUse("--random compares two machines: --backend both")
            : options;
    }
}

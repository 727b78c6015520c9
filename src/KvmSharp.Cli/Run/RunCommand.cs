using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Threading;
using KvmSharp.Backends;
using KvmSharp.Cli.Help;
using KvmSharp.Lab.Vcpus;

namespace KvmSharp.Cli.Run;

/// <summary><c>kvmsharp run</c>: its options, and what it does with them.</summary>
sealed class RunCommand : Command, IExplained
{
    readonly Argument<string> _image = new("image") { HelpName = "IMAGE", Description = "The guest's image." };

    readonly Argument<string[]> _arguments = new("args")
    {
        HelpName = "ARGS",
        Description = "The guest's arguments, after two hyphens.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    readonly Option<string?> _backend = OptionText.New(
        "--backend", "NAME",
        $"What runs the guest, of {string.Join(", ", GuestBackends.All.Select(backend => backend.Name))}. "
        + $"By default {GuestBackends.Default.Name}.");

    readonly Option<string?> _memory = OptionText.New("--memory", "SIZE", $"Memory. By default {RunOptions.DefaultMemory}.");

    readonly Option<string?> _cpus = OptionText.New(
        "--cpus", "N", $"vCPUs, up to {RunOptions.MostCpus}. By default {RunOptions.DefaultCpus}.");

    readonly Option<string?> _slots = OptionText.New(
        "--slots", "N", $"Memory slots that the memory is cut into. By default {RunOptions.DefaultSlots}.");

    readonly Option<string?> _slotStore = OptionText.New(
        "--slot-store", "STORE",
        $"How the machine keeps its slots, of {string.Join(", ", SlotStores.All.Select(store => store.Name))}. "
        + $"By default {SlotStores.Default.Name}.");

    readonly Option<string?> _vcpuStore = OptionText.New(
        "--vcpu-store", "STORE",
        $"How the machine keeps its vCPUs, of {string.Join(", ", VcpuStores.All.Select(store => store.Name))}. "
        + $"By default {VcpuStores.Default.Name}.");

    readonly Option<string?> _entry = OptionText.New(
        "--entry", "ADDR", "The address of the first instruction; a flat binary is loaded there.");

    readonly Option<string?> _mode = OptionText.New(
        "--mode", "MODE", "The mode of the first instruction: real, protected or long. By default the image's own.");

    readonly Option<bool> _irqchip = new("--irqchip")
    {
        Description = "Interrupt controllers and timers. The first vCPU starts the others; HLT waits.",
    };

    readonly Option<bool> _stats = new("--stats") { Description = "Say at the end what the machine did." };

    readonly Option<string?> _trace = OptionText.New(
        "--trace", "FILE", "Write down each instruction and each exit. The guest runs many times slower.");

    readonly Option<string?> _timeout = OptionText.New("--timeout", "S", "End the guest after so many seconds.");

    RunCommand()
        : base("run", "Run a guest: a flat binary, an ELF image or a multiboot kernel.")
    {
        Arguments.Add(_image);
        Arguments.Add(_arguments);
        foreach (Option option in (Option[])[_backend, _memory, _cpus, _slots, _slotStore, _vcpuStore, _entry, _mode, _irqchip, _stats, _trace, _timeout])
            Options.Add(option);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Heading, string[] Lines)> Parts { get; } =
    [
        ("Images:",
        [
            "ELF64            starts in 64-bit mode, memory mapped one to one",
            "ELF32            starts in 32-bit protected mode; by the multiboot header, if there is one",
            "anything else    a flat binary: real mode at 0x7c00, or --mode, at --entry",
        ]),
        ("Devices:",
        [
            "0x3f8   a 16550 serial port, on this terminal",
            "0xf4    a byte written here ends the machine with that exit code",
            "0x604   the word 0x2000 written here turns the machine off, with exit code 0",
        ]),
        ("Examples:",
        [
            "kvmsharp run samples/guests/hello",
            "kvmsharp run samples/guests/smp --cpus 2 --stats -- 100000",
            "kvmsharp run samples/guests/walk --memory 1G --slots 32764",
            "kvmsharp run samples/guests/smp --cpus 64 --vcpu-store xarray -- 1000",
            "kvmsharp run samples/guests/ticks16.bin --irqchip --cpus 4",
        ]),
        ("Exit codes:",
        [
            "The guest's own; 1 too if it crashed, or was ended by --timeout or Ctrl-C, which a line then says.",
            "2 wrong use   3 not possible on this machine",
        ]),
    ];

    internal static RunCommand Create(Terminal terminal, CancellationToken interruption)
    {
        var command = new RunCommand();
        command.SetAction(parsed => GuestSession.Run(command.Read(parsed), terminal, interruption));
        return command;
    }

    RunOptions Read(ParseResult parsed)
    {
        ulong memory = RunOptions.ParseMemory(parsed.GetValue(_memory) ?? RunOptions.DefaultMemory);
        IBackend backend = parsed.GetValue(_backend) is { } name
            ? OptionText.Known("backend", name, GuestBackends.All, known => known.Name)
            : GuestBackends.Default;
        if (parsed.GetValue(_vcpuStore) is not null && backend != GuestBackends.Default)
            throw CommandException.WrongUse($"--vcpu-store goes with --backend {GuestBackends.Default.Name}");
        int cpus = parsed.GetValue(_cpus) is { } number
            ? (int)OptionText.Number("--cpus", number, 1, RunOptions.MostCpus)
            : RunOptions.DefaultCpus;
        int slots = parsed.GetValue(_slots) is { } parts ? RunOptions.ParseSlots(parts, memory) : RunOptions.DefaultSlots;
        bool irqchip = parsed.GetValue(_irqchip);
        if (irqchip)
            RunOptions.CheckIrqchip(memory);
        return new RunOptions(parsed.GetValue(_image)!, backend)
        {
            MemoryBytes = memory,
            Cpus = cpus,
            VcpuStore = parsed.GetValue(_vcpuStore) is { } vcpuStore
                ? RunOptions.ParseVcpuStore(vcpuStore, cpus)
                : VcpuStores.Default,
            Slots = slots,
            SlotStore = parsed.GetValue(_slotStore) is { } slotStore
                ? RunOptions.ParseSlotStore(slotStore, slots)
                : SlotStores.Default,
            Entry = parsed.GetValue(_entry) is { } entry ? RunOptions.ParseEntry(entry) : null,
            Mode = parsed.GetValue(_mode) is { } mode ? RunOptions.ParseMode(mode) : null,
            Irqchip = irqchip,
            Stats = parsed.GetValue(_stats),
            TracePath = parsed.GetValue(_trace),
            Timeout = parsed.GetValue(_timeout) is { } timeout ? OptionText.Seconds("--timeout", timeout) : null,
            Arguments = string.Join(' ', parsed.GetValue(_arguments) ?? []),
        };
    }
}

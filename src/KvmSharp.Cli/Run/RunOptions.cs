using System;
using System.Globalization;
using System.Numerics;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Cli.Run.Boot;
using KvmSharp.Cli.Run.Images;
using KvmSharp.Lab.Vcpus;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Run;

/// <summary>What to run, read from the command line and checked.</summary>
/// <param name="ImagePath">The image's file.</param>
/// <param name="Backend">What runs it.</param>
sealed record RunOptions(string ImagePath, IBackend Backend)
{
    internal const string DefaultMemory = "256M";
    internal const int DefaultCpus = 1;
    internal const int MostCpus = 1024;
    internal const int DefaultSlots = 1;

    const ulong LeastMemory = 64 << 10;

    // The I/O APIC's page is the lowest.
    const ulong MostMemoryBelowControllers = 0xFEC0_0000;

    /// <summary>Memory from guest physical address 0 on; whole pages.</summary>
    internal ulong MemoryBytes { get; init; } = 256UL << 20;

    internal int Cpus { get; init; } = DefaultCpus;

    /// <summary>How the machine keeps its vCPUs; it can keep as many as are asked for.</summary>
    internal VcpuStoreDesign VcpuStore { get; init; } = VcpuStores.Default;

    /// <summary>How the machine keeps its slots; it can keep as many as are asked for.</summary>
    internal SlotStoreDesign SlotStore { get; init; } = SlotStores.Default;

    /// <summary>Slots that the memory is cut into.</summary>
    internal int Slots { get; init; } = DefaultSlots;

    /// <summary>Where to start, and where to load a flat binary.</summary>
    internal Gpa? Entry { get; init; }

    internal GuestMode? Mode { get; init; }

    /// <summary>Whether the machine has interrupt controllers, so that the first vCPU starts the others.</summary>
    internal bool Irqchip { get; init; }

    internal bool Stats { get; init; }

    internal string? TracePath { get; init; }

    internal TimeSpan? Timeout { get; init; }

    /// <summary>The guest's own arguments, with spaces between them.</summary>
    internal string Arguments { get; init; } = "";

    /// <summary>A size in bytes: a number, and K, M, G or T for a power of 1,024.</summary>
    /// <exception cref="CommandException">It is none, no whole number of pages, or out of range.</exception>
    internal static ulong ParseMemory(string text)
    {
        const string Units = "KMGT";
        ReadOnlySpan<char> digits = text;
        int unit = text.Length == 0 ? -1 : Units.IndexOf(char.ToUpperInvariant(text[^1]), StringComparison.Ordinal);
        if (unit >= 0)
            digits = digits[..^1];
        int shift = 10 * (unit + 1);
        if (!ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            || BitOperations.LeadingZeroCount(number) < shift)
        {
            throw CommandException.WrongUse($"--memory \"{text}\" is not a size such as 256M or 4G");
        }
        ulong bytes = number << shift;
        if (bytes % Page.Size != 0)
            throw CommandException.WrongUse($"--memory \"{text}\" is not a whole number of pages of {Page.Size} bytes");
        return bytes is >= LeastMemory and <= BootLayout.MaxMemory
            ? bytes
            : throw CommandException.WrongUse($"--memory \"{text}\" is not between 64K and {BootLayout.MaxMemory >> 30}G");
    }

    /// <summary>Memory has to leave room for the controllers' pages.</summary>
    /// <exception cref="CommandException">It does not.</exception>
    internal static void CheckIrqchip(ulong memoryBytes)
    {
        if (memoryBytes > MostMemoryBelowControllers)
            throw CommandException.WrongUse($"--irqchip goes with up to {MostMemoryBelowControllers >> 20}M of memory");
    }

    /// <summary>An address: hexadecimal after 0x, otherwise decimal.</summary>
    /// <exception cref="CommandException">It is none.</exception>
    internal static Gpa ParseEntry(string text)
    {
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        ReadOnlySpan<char> digits = isHex ? text.AsSpan(2) : text;
        return ulong.TryParse(
            digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out ulong address)
            ? new Gpa(address)
            : throw CommandException.WrongUse($"--entry \"{text}\" is not an address such as 0x100000");
    }

    /// <exception cref="CommandException">There is no such mode.</exception>
    internal static GuestMode ParseMode(string text) =>
        OptionText.Known("mode", text, Enum.GetValues<GuestMode>(), ImageReader.Name);

    /// <exception cref="CommandException">There is no such store, or it keeps fewer vCPUs.</exception>
    internal static VcpuStoreDesign ParseVcpuStore(string name, int cpus)
    {
        VcpuStoreDesign store = OptionText.Known("store", name, VcpuStores.All, store => store.Name);
        return cpus <= store.MaxCount
            ? store
            : throw CommandException.WrongUse($"{cpus} vCPUs are more than the {store.MaxCount} that the store \"{name}\" keeps");
    }

    /// <exception cref="CommandException">There is no such store, or it keeps fewer slots.</exception>
    internal static SlotStoreDesign ParseSlotStore(string name, int slots)
    {
        SlotStoreDesign store = SlotStores.Find(name);
        return slots <= SlotStores.Capacity(store)
            ? store
            : throw CommandException.WrongUse(
                $"{slots} slots are more than the {SlotStores.Capacity(store)} that the store \"{name}\" keeps");
    }

    /// <exception cref="CommandException">It is no number, or there are fewer pages.</exception>
    internal static int ParseSlots(string text, ulong memoryBytes) => (int)OptionText.Number(
        "--slots", text, 1, (long)Math.Min(SlotLimits.UserSlots, memoryBytes / Page.Size));
}

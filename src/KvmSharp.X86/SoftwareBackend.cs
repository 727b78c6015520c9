using System.Diagnostics.CodeAnalysis;
using KvmSharp.Backends;
using KvmSharp.Slots;
using KvmSharp.X86.Identification;

namespace KvmSharp.X86;

/// <summary>Runs guest code on a software x86-64 CPU, wherever .NET runs.</summary>
public sealed class SoftwareBackend : IBackend
{
    SoftwareBackend()
    {
    }

    /// <summary>The one there is.</summary>
    public static SoftwareBackend Instance { get; } = new();

    /// <inheritdoc/>
    public string Name => "soft";

    /// <inheritdoc/>
    public bool IsAvailable([NotNullWhen(false)] out string? reason)
    {
        reason = null;
        return true;
    }

    /// <inheritdoc/>
    IMachine IBackend.CreateMachine(VirtualMachineOptions? options) => CreateMachine(options);

    /// <inheritdoc cref="IBackend.CreateMachine"/>
#pragma warning disable CA1822 // The contract's method, with the machine's own type.
    public SoftwareMachine CreateMachine(VirtualMachineOptions? options = null) => new(options ?? new VirtualMachineOptions());
#pragma warning restore CA1822

    /// <inheritdoc/>
    public KvmCpuidEntry[] GetSupportedCpuid() => CpuidTable.Supported(SlotLimits.GuestAddressBits);

    /// <inheritdoc/>
    public uint[] GetMsrIndices() => Cpu.SavedMsrs.ToArray();
}

using System;
using System.Diagnostics.CodeAnalysis;

namespace KvmSharp.Backends;

/// <summary>
/// Something that runs guest code: a software CPU, or the processor through <c>/dev/kvm</c>. A program that is written
/// against this interface, <see cref="IMachine"/> and <see cref="IVcpu"/> runs on each of them.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public interface IBackend
{
    /// <summary>A short name for options and reports: <c>kvm</c>, <c>soft</c>.</summary>
    string Name { get; }

    /// <summary>Whether machines can be created here and now.</summary>
    /// <param name="reason">Why not, in one sentence that says what to do about it.</param>
    bool IsAvailable([NotNullWhen(false)] out string? reason);

    /// <summary>Creates a machine without memory and vCPUs: <c>KVM_CREATE_VM</c>.</summary>
    /// <param name="options">Choices; those a backend cannot follow are refused.</param>
    /// <exception cref="KvmException">The host refused.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or not one for this backend.</exception>
    IMachine CreateMachine(VirtualMachineOptions? options = null);

    /// <summary>
    /// What the backend's CPUs can do: <c>KVM_GET_SUPPORTED_CPUID</c>. What a guest is to see of it goes to
    /// <see cref="IVcpu.SetCpuid"/>.
    /// </summary>
    KvmCpuidEntry[] GetSupportedCpuid();

    /// <summary>MSRs that make up a vCPU's state, for saving and restoring it: <c>KVM_GET_MSR_INDEX_LIST</c>.</summary>
    uint[] GetMsrIndices();
}

using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;
using KvmSharp.Backends;

namespace KvmSharp.Hardware;

/// <summary>The processor's own virtualization, through Linux' <c>/dev/kvm</c>.</summary>
/// <remarks>Thread-safe. Each machine opens the device for itself.</remarks>
[SupportedOSPlatform("linux")]
public sealed class HardwareBackend : IBackend
{
    readonly string _path;

    /// <summary>The backend on a device.</summary>
    /// <param name="path">The device; nothing is opened before it is needed.</param>
    public HardwareBackend(string path = SystemDescriptor.DefaultPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
    }

    /// <inheritdoc/>
    public string Name => "kvm";

    /// <inheritdoc/>
    public bool IsAvailable([NotNullWhen(false)] out string? reason)
    {
        try
        {
            using SystemDescriptor system = Open();
            using VmDescriptor vm = CreateVm(system);
            reason = null;
            return true;
        }
        catch (KvmException exception)
        {
            reason = exception.Message;
            return false;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Of the options, the slot store is taken; address spaces and limits are the kernel's. A slot mirror is refused: the
    /// kernel is it.
    /// </remarks>
    IMachine IBackend.CreateMachine(VirtualMachineOptions? options) => CreateMachine(options);

    /// <inheritdoc cref="IBackend.CreateMachine"/>
    public HardwareMachine CreateMachine(VirtualMachineOptions? options = null)
    {
        options ??= new VirtualMachineOptions();
        if (options.SlotMirror is not null)
            throw new ArgumentException("a machine on hardware has the kernel for a mirror, and no other", nameof(options));
        SystemDescriptor system = Open();
        VmDescriptor? vm = null;
        try
        {
            vm = CreateVm(system);
            return new HardwareMachine(this, system, vm, options);
        }
        catch
        {
            vm?.Dispose();
            system.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public KvmCpuidEntry[] GetSupportedCpuid()
    {
        using SystemDescriptor system = Open();
        return system.GetSupportedCpuid();
    }

    /// <inheritdoc/>
    public uint[] GetMsrIndices()
    {
        using SystemDescriptor system = Open();
        return system.GetMsrIndices();
    }

    /// <summary>Opens the device and makes sure that it is one, and new enough.</summary>
    internal SystemDescriptor Open()
    {
        KvmErrno errno = SystemDescriptor.TryOpen(_path, out SystemDescriptor? system);
        if (errno != KvmErrno.None)
            throw new KvmException("open", errno, $"{_path}: {DeviceObstacles.Explain(errno)}");
        try
        {
            KernelRequirements.Require(_path, system!);
            return system!;
        }
        catch
        {
            system!.Dispose();
            throw;
        }
    }

    static VmDescriptor CreateVm(SystemDescriptor system)
    {
        KvmErrno errno = system.TryCreateVm(0, out VmDescriptor? vm);
        return errno == KvmErrno.None
            ? vm!
            : throw new KvmException("KVM_CREATE_VM", errno, DeviceObstacles.Explain(errno));
    }
}

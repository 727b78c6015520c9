using System;
using System.Collections.Generic;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Backends;

/// <summary>A virtual machine that a backend runs.</summary>
/// <remarks>
/// All members may be called from any thread, while vCPUs run. Slots, and guest memory for device models and loaders, are
/// the Core's own whichever backend runs the vCPUs: finding host memory makes no system call.
/// <para>
/// Disposal ends all vCPUs: a run that is under way returns with <see cref="VcpuExitReason.Intr"/>, a later one throws
/// <see cref="ObjectDisposedException"/>. When it returns, no vCPU can reach guest memory.
/// </para>
/// </remarks>
public interface IMachine : IDisposable
{
    /// <summary>What runs it.</summary>
    IBackend Backend { get; }

    /// <summary>Which guest frames are backed by which host memory.</summary>
    MemorySlots Slots { get; }

    /// <summary>Guest memory for device models and loaders, in the normal address space.</summary>
    MachineMemory Memory { get; }

    /// <summary>The vCPUs, in the order in which they were created; as of now.</summary>
    IReadOnlyList<IVcpu> Vcpus { get; }

    /// <summary>Asks for a capability: <c>KVM_CHECK_EXTENSION</c>.</summary>
    /// <returns>0 when the machine lacks it; otherwise 1, or the number that the capability is about.</returns>
    int Check(KvmCapability capability);

    /// <summary>Switches a capability on: <c>KVM_ENABLE_CAP</c>.</summary>
    /// <param name="capability">Which.</param>
    /// <param name="argument">Its first argument.</param>
    /// <returns><see cref="KvmErrno.None"/>, or why not.</returns>
    KvmErrno TryEnable(KvmCapability capability, ulong argument = 0);

    /// <summary>Creates a vCPU, as after reset: <c>KVM_CREATE_VCPU</c>.</summary>
    /// <param name="id">On x86 its APIC id.</param>
    /// <exception cref="KvmException">
    /// <see cref="KvmErrno.EIO"/>: the machine is dead. <see cref="KvmErrno.EINVAL"/>: the id is too high, or the machine is
    /// full – which is found before a duplicate is. <see cref="KvmErrno.EEXIST"/>: the id is taken.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The machine was disposed.</exception>
    IVcpu CreateVcpu(VcpuId id);
}

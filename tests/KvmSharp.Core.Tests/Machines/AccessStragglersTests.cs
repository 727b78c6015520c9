using System;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Machines;

/// <summary>A flush that meets a vCPU in the middle of an access, whose thread has lost the processor.</summary>
public sealed class AccessStragglersTests : IDisposable
{
    readonly AnonymousMemory _memory = AnonymousMemory.Create(PG);
    readonly VirtualMachine _machine = new();
    readonly Vcpu _straggler;
    readonly Vcpu _other;

    public AccessStragglersTests()
    {
        _machine.Slots.Add(new Gpa(0), _memory);
        _straggler = _machine.AddVcpu(0);
        _other = _machine.AddVcpu(1);
        Assert.True(_other.TryEnterGuest());
        Assert.True(_straggler.TryEnterGuest());
        _straggler.Memory.Words.InAccess = 1;
    }

    public void Dispose()
    {
        _machine.Dispose();
        _memory.Dispose();
    }

    [Fact]
    public void Vcpus_that_have_answered_stand_aside_until_the_access_is_over()
    {
        using Background flushing = Background.Run(_machine.Vcpus.FlushRemoteTlbs);
        Background.Until(() => _machine.Vcpus.Stragglers.AreWaitedFor);
        // Its thread has not had the processor since it was asked.
        using Background reading = Background.Run(() => Assert.True(_other.Memory.TryRead(default, out ulong _)));

        Background.Until(() => reading.IsWaiting);
        Assert.False(_other.HasRequest(VcpuRequest.TlbFlush));
        Assert.False(flushing.IsDone);

        EndAccess();
        flushing.Join();
        reading.Join();
        Assert.False(_machine.Vcpus.Stragglers.AreWaitedFor);
    }

    void EndAccess() => Volatile.Write(ref _straggler.Memory.Words.InAccess, 0);
}

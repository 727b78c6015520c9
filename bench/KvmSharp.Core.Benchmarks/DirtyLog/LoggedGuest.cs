using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Benchmarks.DirtyLog;

/// <summary>A machine with one large slot, hardly any of it touched, and a vCPU that the current thread owns.</summary>
sealed class LoggedGuest : IDisposable
{
    const ulong GiB = 1UL << 30;

    readonly AnonymousMemory _memory;
    readonly SlotId _slot;
    readonly ulong _bytes;

    internal LoggedGuest(ulong gibibytes, bool isLogged)
    {
        _bytes = gibibytes * GiB;
        // Guest and host addresses agree below 1 GiB, so that all of it can be mapped in the largest leaves.
        _memory = AnonymousMemory.Create(_bytes + GiB);
        ulong offset = unchecked(0 - _memory.Start.Value) & (GiB - 1);
        Machine = new VirtualMachine();
        Machine.Slots.DirtyLogInitiallySet = !isLogged;
        _slot = Machine.Slots.Add(default, _memory, offset, _bytes, isLogged ? SlotFlags.LogDirty : SlotFlags.None);
        Vcpu = Machine.Vcpus.Create(new VcpuId(0));
    }

    internal VirtualMachine Machine { get; }

    internal Vcpu Vcpu { get; }

    public void Dispose()
    {
        Machine.Dispose();
        _memory.Dispose();
    }

    /// <summary>Writes pages spread over the slot.</summary>
    internal void Write(int pages)
    {
        Vcpu.TryEnterGuest();
        ulong part = (_bytes >> Page.Shift) / (ulong)pages;
        for (ulong page = 0; page < (ulong)pages; page++)
        {
            ulong place = unchecked(page * 0x9E37_79B9_7F4A_7C15) % part;
            Vcpu.Memory.TryWrite(new Gpa(((page * part) + place) << Page.Shift), page + 1);
        }
        Vcpu.ExitGuest();
    }

    /// <summary>Writes one page, again and again.</summary>
    internal void WriteOnePage(int times)
    {
        Vcpu.TryEnterGuest();
        for (int time = 0; time < times; time++)
            Vcpu.Memory.TryWrite(default, (ulong)time);
        Vcpu.ExitGuest();
    }

    /// <summary>Has the slot mapped throughout, and not logged.</summary>
    internal void MapUnlogged()
    {
        Machine.Slots.SetFlags(_slot, SlotFlags.None);
        for (ulong gpa = 0; gpa < _bytes; gpa += GiB)
            Vcpu.Memory.TryWrite(new Gpa(gpa), 1UL);
    }

    internal void BeginLogging() => Machine.Slots.SetFlags(_slot, SlotFlags.LogDirty);
}

using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Tests.Slots;
using KvmSharp.Vcpus;
using Xunit.Sdk;

namespace KvmSharp.Tests.Machines;

/// <summary>Random operations on a machine beside a <see cref="MachineModel"/>; everything that comes back is compared.</summary>
sealed partial class MachineModelRun : IDisposable
{
    const int Spaces = 2;
    const int HostPages = 24;
    const ulong LastFrame = (1UL << 40) - 1;
    const int MaxSlots = 10;

    readonly Random _random;
    readonly VirtualMachine _vm;
    readonly AnonymousMemory _memory = AnonymousMemory.Create(HostPages * Page.Size);
    readonly MachineModel _model;
    readonly Vcpu[] _vcpus;

    MachineModelRun(Store store, int seed)
    {
        _random = new Random(seed);
        _vm = Machine.Create(store, Spaces);
        _model = new MachineModel(_memory.Start, HostPages, Spaces);
        _vcpus = [_vm.AddVcpu(0), _vm.AddVcpu(9), _vm.AddVcpu(3)];
        _vcpus[1].AddressSpace = AddressSpaceId.SystemManagement;
    }

    /// <summary>Runs a machine through random operations.</summary>
    /// <exception cref="XunitException">An answer is wrong or an invariant broken; it says how to replay.</exception>
    public static void Run(Store store, int operations, int seed)
    {
        int operation = 0;
        using var run = new MachineModelRun(store, seed);
        try
        {
            for (; operation < operations; operation++)
                run.Step(operation);
        }
        catch (Exception exception)
        {
            throw new XunitException(
                $"{store}, operation {operation}; replay with {SlotModelRun.SeedVariable}={seed}: {exception}", exception);
        }
    }

    public void Dispose()
    {
        _vm.Dispose();
        _memory.Dispose();
    }

    void Step(int operation)
    {
        int choice = _random.Next(100);
        if (choice < 18)
            ChangeSlots();
        else if (choice < 21)
            ChangeHost();
        else if (choice < 23)
            ChangeVcpu(PickVcpu());
        else if (choice < 33)
            AccessFromHost();
        else
            AccessFromGuest(PickVcpu());

        if (operation % 16 == 0)
            CompareSlots();
        if (operation % 128 == 0)
        {
            CompareContents();
            _vm.CheckInvariants();
        }
    }

    Vcpu PickVcpu() => _vcpus[_random.Next(_vcpus.Length)];

    void ChangeVcpu(Vcpu vcpu)
    {
        if (vcpu.Mode == VcpuMode.InGuestMode)
            vcpu.ExitGuest();
        else
            Require(vcpu.TryEnterGuest(), true, "entry");
        if (_random.Next(4) == 0)
            vcpu.AddressSpace = new AddressSpaceId((byte)_random.Next(Spaces));
    }

    void ChangeHost()
    {
        int page = _random.Next(HostPages);
        int count = _random.Next(4) == 0 ? _random.Next(1, HostPages - page + 1) : 1;
        if (_random.Next(3) == 0)
        {
            // Pages that may not be touched may still be dropped.
            _memory.Discard((ulong)page * Page.Size, (ulong)count * Page.Size);
            _model.Host.AsSpan(page * Page.Size, count * Page.Size).Clear();
            return;
        }
        HostProtection protection = _random.GetItems([HostProtection.None, HostProtection.Read, HostProtection.ReadWrite], 1)[0];
        _memory.Protect((ulong)page * Page.Size, (ulong)count * Page.Size, protection);
        _model.Protections.AsSpan(page, count).Fill(protection);
        // Mostly memory is in reach, so that there is something to compare.
        if (_random.Next(2) == 0)
        {
            _memory.Protect(0, _memory.Length, HostProtection.ReadWrite);
            _model.Protections.AsSpan().Fill(HostProtection.ReadWrite);
        }
    }

    void CompareSlots()
    {
        Require(_vm.Slots.TotalPages, _model.TotalPages, "pages");
        for (int number = 0; number < Spaces; number++)
        {
            var space = new AddressSpaceId((byte)number);
            Require(_vm.Generation(number), _model.Generations[number], "generation");
            Require(_vm.Slots.Count(space), _model.Count(number), "slots");
            ulong gfn = PickFrame(number);
            bool found = _vm.Slots.TryFind(new Gfn(gfn), out MemorySlot? slot, space);
            Require(found ? slot!.Id.Value : -1, _model.ByFrame(number, gfn)?.Id ?? -1, "slot by frame");
        }
        foreach (ModelSlot expected in _model.Slots)
        {
            var space = new AddressSpaceId((byte)expected.Space);
            Require(_vm.Slots.TryFind(new SlotId((ushort)expected.Id), out MemorySlot? slot, space), true, "slot by id");
            Require(slot!.Frames, new GfnRange(new Gfn(expected.Gfn), expected.Pages), "frames");
            Require((slot.Flags, slot.Hva.Value), (expected.Flags, expected.Hva), "flags and host address");
            Require(slot.DirtyBitmap is not null, expected.Dirty is not null, "dirty bitmap");
            for (int page = 0; page < expected.Dirty?.Length; page++)
                Require(slot.DirtyBitmap!.IsMarked((ulong)page), expected.Dirty[page], "dirty bit");
        }
    }

    void CompareContents()
    {
        for (int page = 0; page < HostPages; page++)
        {
            if (_model.Protections[page] == HostProtection.None)
                continue;
            Span<byte> real = _memory.AsSpan((ulong)page * Page.Size, Page.Size);
            if (!real.SequenceEqual(_model.Host.AsSpan(page * Page.Size, Page.Size)))
                throw new XunitException($"host page {page} differs");
        }
    }

    // Frames at which something may be: low ones, around a 2 MiB border, and the last ones.
    ulong PickFrame(int space)
    {
        if (_model.Slots.Count > 0 && _random.Next(3) != 0)
        {
            ModelSlot slot = _model.Slots[_random.Next(_model.Slots.Count)];
            if (slot.Space == space || _random.Next(4) == 0)
                return unchecked(slot.Gfn + (ulong)_random.Next(-1, (int)slot.Pages + 2));
        }
        return _random.Next(8) switch
        {
            0 => LastFrame - 3 + (ulong)_random.Next(6),
            1 => 508 + (ulong)_random.Next(8),
            _ => (ulong)_random.Next(40),
        };
    }

    static void Require<T>(T actual, T expected, string what)
    {
        if (!System.Collections.Generic.EqualityComparer<T>.Default.Equals(actual, expected))
            throw new XunitException($"{what}: {actual} instead of {expected}");
    }
}

using System;
using System.IO;
using KvmSharp.Addresses;
using KvmSharp.Checkpoints;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Tests.Machines;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Checkpoints;

/// <summary>Machines made from a checkpoint, in this process and from files.</summary>
public sealed class CloneTests : IDisposable
{
    readonly AnonymousMemory _memory = AnonymousMemory.Create(100 * PG);
    readonly VirtualMachine _vm = Create(Store.SlotTries);
    readonly Vcpu _vcpu;

    public CloneTests()
    {
        _vm.Put(1, 256, _memory, pages: 60, flags: SlotFlags.LogDirty);
        // The same memory once more, and some read-only, in the other space.
        _vm.Put(5, 512, _memory, page: 50, pages: 20, space: 1);
        _vm.Put(6, 600, _memory, page: 70, pages: 30, flags: SlotFlags.ReadOnly, space: 1);
        _vcpu = _vm.AddVcpu();
        _vcpu.Memory.Write(At(256), 1UL);
        _vcpu.Memory.Write(At(256 + 55), 2UL);
        _memory.WriteUInt64(99 * PG, 3);
    }

    static AddressSpaceId Smm => AddressSpaceId.SystemManagement;

    public void Dispose()
    {
        _vm.Dispose();
        _memory.Dispose();
    }

    static void AssertIsTheSame(VirtualMachine clone)
    {
        Assert.Equal(1, clone.Slots.Count());
        Assert.Equal(2, clone.Slots.Count(Smm));
        Assert.Equal(1UL, clone.Memory.Read<ulong>(At(256)));
        Assert.Equal(2UL, clone.Memory.Read<ulong>(At(256 + 55)));
        Assert.Equal(2UL, clone.MemoryOf(Smm).Read<ulong>(At(512 + 5)));
        Assert.Equal(3UL, clone.MemoryOf(Smm).Read<ulong>(At(600 + 29)));
        Assert.False(clone.MemoryOf(Smm).TryWrite(At(600), 1UL));
        Assert.True(clone.Slots.TryFind(new SlotId(5), out MemorySlot? slot, Smm));
        Assert.Equal(SlotFlags.None, slot.Flags);
    }

    [Fact]
    public void A_clone_has_the_same_slots_and_memory_of_its_own()
    {
        using RestorePoint point = RestorePoint.Take(_vm);
        using VirtualMachine clone = point.Checkpoint.Clone();
        using VirtualMachine other = point.Checkpoint.Clone(new VirtualMachineOptions { AddressSpaces = 1 });
        AssertIsTheSame(clone);

        clone.AddVcpu().Memory.Write(At(256 + 55), 20UL);
        _vcpu.Memory.Write(At(256), 10UL);

        Assert.Equal(20UL, clone.MemoryOf(Smm).Read<ulong>(At(512 + 5)));
        Assert.Equal(1UL, clone.Memory.Read<ulong>(At(256)));
        AssertIsTheSame(other);
        Assert.Equal(2UL, _vm.Memory.Read<ulong>(At(256 + 55)));
    }

    [Fact]
    public void A_clone_outlives_its_checkpoint_and_can_be_restored()
    {
        RestorePoint point = RestorePoint.Take(_vm);
        VirtualMachine clone = point.Checkpoint.Clone(out RestorePoint home);
        point.Checkpoint.Dispose();
        point.Dispose();
        Assert.Throws<ObjectDisposedException>(() => point.Checkpoint.Clone());
        Vcpu vcpu = clone.AddVcpu();

        for (int times = 0; times < 3; times++)
        {
            vcpu.Memory.Write(At(256), 9UL);
            vcpu.Memory.Write(At(256 + 59), 9UL);
            Assert.Equal(2UL, home.Restore());
            Assert.Equal(1UL, vcpu.Memory.Read<ulong>(At(256)));
            Assert.Equal(0UL, vcpu.Memory.Read<ulong>(At(256 + 59)));
        }
        home.Dispose();
        clone.Dispose();
    }

    [Fact]
    public void A_clone_of_a_child_has_what_the_child_changed()
    {
        using RestorePoint first = RestorePoint.Take(_vm);
        _vcpu.Memory.Write(At(256), 0UL);
        _vcpu.Memory.Write(At(257), 5UL);
        using RestorePoint second = RestorePoint.Take(_vm, first);
        using VirtualMachine clone = second.Checkpoint.Clone(out RestorePoint home);
        using RestorePoint closing = home;

        Assert.Equal(0UL, clone.Memory.Read<ulong>(At(256)));
        Assert.Equal(5UL, clone.Memory.Read<ulong>(At(257)));
        Assert.Equal(2UL, clone.Memory.Read<ulong>(At(256 + 55)));
        clone.Memory.Write(At(256), 8UL);
        clone.Memory.Write(At(257), 8UL);
        Assert.Equal(2UL, home.Restore());
        Assert.Equal(0UL, clone.Memory.Read<ulong>(At(256)));
        Assert.Equal(5UL, clone.Memory.Read<ulong>(At(257)));
    }

    [Fact]
    public void A_checkpoint_comes_back_from_a_file()
    {
        using TemporaryDirectory directory = new();
        string whole = directory.File("whole"), difference = directory.File("difference");
        using (RestorePoint first = RestorePoint.Take(_vm))
        {
            _vcpu.Memory.Write(At(256), 0UL);
            _vcpu.Memory.Write(At(257), 5UL);
            using RestorePoint second = RestorePoint.Take(_vm, first);
            first.Checkpoint.Save(whole);
            first.Checkpoint.Save(whole);
            second.Checkpoint.Save(difference);
        }

        using Checkpoint loaded = Checkpoint.Load(whole);
        using Checkpoint child = Checkpoint.Load(difference, loaded);
        loaded.Dispose();
        using VirtualMachine clone = child.Clone();

        Assert.Equal(loaded.Id, child.Parent);
        Assert.Equal(3UL, loaded.OwnPageCount);
        Assert.Equal(2UL, child.OwnPageCount);
        Assert.Equal(0UL, clone.Memory.Read<ulong>(At(256)));
        Assert.Equal(5UL, clone.Memory.Read<ulong>(At(257)));
        Assert.Equal(2UL, clone.Memory.Read<ulong>(At(256 + 55)));
        Assert.Equal(2, Directory.GetFiles(directory.Path).Length);
        Assert.True(new FileInfo(difference).Length < 2 * Page.Size);
    }

    [Fact]
    public void A_whole_checkpoint_from_a_file_is_the_same()
    {
        using var stream = new MemoryStream();
        using (RestorePoint point = RestorePoint.Take(_vm))
            point.Checkpoint.Save(stream);
        stream.Position = 0;
        using Checkpoint loaded = Checkpoint.Load(stream);
        using VirtualMachine clone = loaded.Clone();

        AssertIsTheSame(clone);
    }

    [Fact]
    public void A_machine_without_slots_has_a_checkpoint_too()
    {
        using VirtualMachine empty = Create(Store.SlotTries, spaces: 1);
        using RestorePoint point = RestorePoint.Take(empty);
        using var stream = new MemoryStream();
        point.Checkpoint.Save(stream);
        stream.Position = 0;
        using Checkpoint loaded = Checkpoint.Load(stream);
        using VirtualMachine clone = loaded.Clone(out RestorePoint home);

        Assert.Equal(0, clone.Slots.Count());
        Assert.Equal(0UL, home.Restore());
        home.Dispose();
    }

    [Fact]
    public void Thousands_of_pages_come_back_from_a_file()
    {
        const ulong Many = 3000;
        using AnonymousMemory memory = AnonymousMemory.Create(Many * PG);
        using VirtualMachine vm = Create(Store.SlotTries);
        vm.Put(1, 0, memory, pages: Many);
        for (ulong page = 0; page < Many; page += page % 7 == 0 ? 2UL : 1)
            memory.WriteUInt64(page * PG + (page % 500 * 8), page + 1);
        using var stream = new MemoryStream();
        using (RestorePoint point = RestorePoint.Take(vm))
            point.Checkpoint.Save(stream);
        stream.Position = 0;
        using Checkpoint loaded = Checkpoint.Load(stream);
        using VirtualMachine clone = loaded.Clone();

        byte[] expected = new byte[PG], found = new byte[PG];
        for (ulong page = 0; page < Many; page++)
        {
            Assert.True(vm.Memory.TryRead(At(page), expected, out _));
            Assert.True(clone.Memory.TryRead(At(page), found, out _));
            Assert.True(expected.AsSpan().SequenceEqual(found), $"page {page}");
        }
    }
}

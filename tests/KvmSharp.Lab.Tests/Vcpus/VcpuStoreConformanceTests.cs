using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Tests.Machines;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Lab.Tests.Vcpus.EveryVcpuStoreAttribute;

namespace KvmSharp.Lab.Tests.Vcpus;

/// <summary>What every vCPU store promises, in a live machine.</summary>
public sealed class VcpuStoreConformanceTests
{
    static Vcpu Create(VirtualMachine vm, uint id) => vm.Vcpus.Create(new VcpuId(id));

    static KvmErrno Refusal(VirtualMachine vm, uint id) => Assert.Throws<KvmException>(() => Create(vm, id)).Errno;

    static List<Vcpu> ToList(VirtualMachine vm)
    {
        var vcpus = new List<Vcpu>();
        foreach (Vcpu vcpu in vm.Vcpus)
            vcpus.Add(vcpu);
        return vcpus;
    }

    static uint ApicId(int index) => (uint)(index / 6 * 8 + index % 6);

    [Theory, EveryVcpuStore]
    public void Every_vcpu_is_found_by_index_by_id_and_by_iteration(string store)
    {
        using VirtualMachine vm = CreateMachine(store);
        Assert.Empty(ToList(vm));
        var created = new List<Vcpu>();
        // Through the sizes at which the stores grow: one entry, a full node, an array's steps.
        for (int index = 0; index < 300; index++)
        {
            created.Add(Create(vm, ApicId(index)));
            Assert.True(vm.Vcpus.TryGet(new VcpuIndex(index), out Vcpu? last) && ReferenceEquals(last, created[index]));
            Assert.Equal(created, ToList(vm));
        }

        Assert.All(created, vcpu => Assert.True(vm.Vcpus.TryGet(vcpu.Index, out Vcpu? found) && ReferenceEquals(found, vcpu)));
        Assert.All(created, vcpu => Assert.True(vm.Vcpus.TryFind(vcpu.Id, out Vcpu? found) && ReferenceEquals(found, vcpu)));
        Assert.All(created, vcpu => Assert.True(created[0].TryGetPeer(vcpu.Index, out Vcpu? peer) && ReferenceEquals(peer, vcpu)));
        Assert.False(vm.Vcpus.TryGet(new VcpuIndex(300), out _));
        Assert.False(vm.Vcpus.TryGet(new VcpuIndex(-1), out _));
        Assert.False(created[0].TryGetPeer(new VcpuIndex(300), out _));
        Assert.False(vm.Vcpus.TryFind(new VcpuId(6), out _));
        Assert.False(vm.Vcpus.TryFind(new VcpuId(uint.MaxValue), out _));
    }

    [Theory, EveryVcpuStore]
    public void A_machine_has_as_many_vcpus_as_it_was_told_or_as_its_store_can_keep(string store)
    {
        using VirtualMachine vm = CreateMachine(store, maxVcpus: 600);
        int most = store == "fixed-512" ? 512 : 600;

        for (uint id = 0; id < most; id++)
            Create(vm, id);

        Assert.Equal((most, most), (vm.Vcpus.MaxCount, vm.Vcpus.Count));
        Assert.Equal(KvmErrno.EINVAL, Refusal(vm, 5000));
        Assert.Equal(KvmErrno.EINVAL, Refusal(vm, 1));
    }

    [Theory, EveryVcpuStore]
    public void A_duplicate_is_refused_and_uses_nothing_up(string store)
    {
        using VirtualMachine vm = CreateMachine(store);
        Create(vm, 7);

        for (int attempt = 0; attempt < 100; attempt++)
            Assert.Equal(KvmErrno.EEXIST, Refusal(vm, 7));

        Assert.Equal(1, Create(vm, 8).Index.Value);
    }

    [Theory, EveryVcpuStore]
    public void An_iteration_visits_the_vcpus_there_were_when_it_began(string store)
    {
        using VirtualMachine vm = CreateMachine(store);
        for (uint id = 0; id < 3; id++)
            Create(vm, id);
        var visited = new List<int>();

        foreach (Vcpu vcpu in vm.Vcpus)
        {
            visited.Add(vcpu.Index.Value);
            for (uint more = 0; more < 50; more++)
                Create(vm, 100 + (uint)vcpu.Index.Value * 50 + more);
        }

        Assert.Equal([0, 1, 2], visited);
        Assert.Equal(153, ToList(vm).Count);
    }

    [Theory, EveryVcpuStore]
    public void Readers_meet_neither_holes_nor_half_built_vcpus_while_they_are_added(string store)
    {
        const int Count = 400;
        using VirtualMachine vm = CreateMachine(store);
        bool done = false;
        Background adding = Background.Run(() =>
        {
            for (int index = 0; index < Count; index++)
                Create(vm, 4095 - (uint)index);
            Volatile.Write(ref done, true);
        });

        while (!Volatile.Read(ref done))
        {
            int count = vm.Vcpus.Count;
            Assert.True(count == 0 || vm.Vcpus.TryGet(new VcpuIndex(count - 1), out _));
            int seen = 0;
            foreach (Vcpu vcpu in vm.Vcpus)
            {
                Assert.Equal((seen, 4095U - (uint)seen), (vcpu.Index.Value, vcpu.Id.Value));
                Assert.Same(vm, vcpu.Machine);
                seen++;
            }
            Assert.InRange(seen, count, Count);
        }
        adding.Join();
        Assert.Equal(Count, ToList(vm).Count);
    }

    [Theory, EveryVcpuStore]
    public void A_running_vcpu_finds_its_peers_while_they_are_added_and_its_memory_is_taken_away(string store)
    {
        const int Count = 400;
        using AnonymousMemory memory = AnonymousMemory.Create(Page.Size);
        using VirtualMachine vm = CreateMachine(store);
        SlotId slot = vm.Slots.Add(new Gpa(0), memory);
        Vcpu runner = Create(vm, 0);
        bool over = false;
        int looks = 0;
        Background running = Background.Run(() =>
        {
            while (!Volatile.Read(ref over))
            {
                if (!runner.TryEnterGuest())
                    continue;
                while (!runner.NeedsExit && !Volatile.Read(ref over))
                {
                    int count = vm.Vcpus.Count;
                    for (int index = 0; index < count; index++)
                    {
                        if (!runner.TryGetPeer(new VcpuIndex(index), out Vcpu? peer) || peer.Index.Value != index)
                            throw new InvalidOperationException($"no vCPU at {index} of {count}");
                    }
                    runner.Memory.TryRead(new Gpa(0), out ulong _);
                    Volatile.Write(ref looks, looks + 1);
                }
                runner.ExitGuest();
            }
        });
        Background.Until(() => Volatile.Read(ref looks) > 0 || running.IsDone);

        for (uint id = 1; id < Count; id++)
        {
            Create(vm, id);
            if (id % 50 == 0)
                vm.Slots.Move(slot, new Gpa(id % 100 == 0 ? 0UL : 1UL << 30));
        }
        Volatile.Write(ref over, true);

        running.Join();
        Assert.Equal(Count, ToList(vm).Count);
    }

    [Theory, EveryVcpuStore]
    public void A_request_reaches_all_but_the_one_left_out(string store)
    {
        using VirtualMachine vm = CreateMachine(store);
        for (uint id = 0; id < 130; id++)
            Create(vm, id);
        VcpuRequest request = VcpuRequest.Architectural(14);
        Assert.True(vm.Vcpus.TryGet(new VcpuIndex(64), out Vcpu? except));

        vm.Vcpus.MakeRequest(request, except);

        Assert.All(ToList(vm), vcpu => Assert.Equal(vcpu.Index.Value != 64, vcpu.TakeRequest(request)));
        // A store's own business is no request of the owner's.
        Assert.All(ToList(vm), vcpu => Assert.Equal(0UL, vcpu.PendingRequests));
    }

    [Theory, EveryVcpuStore]
    public void More_vcpus_than_kvm_allows_are_kept_by_every_store_without_a_limit_of_its_own(string store)
    {
        using VirtualMachine vm = CreateMachine(store, maxVcpus: 4200);
        // From one table of 64-way nodes to the next higher tree.
        int count = int.Min(vm.Vcpus.MaxCount, 4200);
        for (uint id = 0; id < count; id++)
            Create(vm, id);

        Assert.Equal(Enumerable.Range(0, count), ToList(vm).Select(vcpu => vcpu.Index.Value));
        Assert.True(vm.Vcpus.TryGet(new VcpuIndex(count - 1), out _));
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Vcpus;
using Xunit;
using Xunit.Abstractions;
using static KvmSharp.Lab.Tests.Vcpus.EveryVcpuStoreAttribute;

namespace KvmSharp.Lab.Tests.Vcpus;

/// <summary>vCPUs that come and go at random, beside a naive list of them.</summary>
public sealed class VcpuStoreModelTests(ITestOutputHelper output)
{
    const int MaxVcpus = 90;

    [Theory]
    [EveryVcpuStore(200)]
    public void Random_machines_agree_with_the_model(string store, int rounds)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < rounds; round++)
            Run(store, random);
    }

    static void Run(string store, Random random)
    {
        using VirtualMachine vm = CreateMachine(store, MaxVcpus, removal: true);
        // By index; null where the vCPU was removed.
        var model = new List<Vcpu?>();
        uint ids = (uint)random.Next(1, 300);
        int removals = random.Next(4);
        for (int step = 0; step < 150; step++)
        {
            int victim = random.Next(int.Max(1, model.Count));
            if (random.Next(10) < removals && victim < model.Count && model[victim] is { } vcpu)
            {
                Assert.Equal(KvmErrno.None, vm.Vcpus.TryRemove(vcpu));
                Assert.Equal(KvmErrno.ENOENT, vm.Vcpus.TryRemove(vcpu));
                model[victim] = null;
            }
            else
            {
                Create(vm, model, random.Next(2) == 0 ? (uint)model.Count : (uint)random.NextInt64(ids));
            }
            Check(vm, model, (uint)random.NextInt64(ids));
        }
    }

    static void Create(VirtualMachine vm, List<Vcpu?> model, uint id)
    {
        KvmErrno expected = model.Count(vcpu => vcpu is not null) == MaxVcpus ? KvmErrno.EINVAL
            : model.Any(vcpu => vcpu?.Id.Value == id) ? KvmErrno.EEXIST
            : KvmErrno.None;
        try
        {
            Vcpu created = vm.Vcpus.Create(new VcpuId(id));
            Assert.Equal(KvmErrno.None, expected);
            int free = model.IndexOf(null);
            if (free < 0)
                model.Add(created);
            else
                model[free] = created;
            Assert.Equal(free < 0 ? model.Count - 1 : free, created.Index.Value);
        }
        catch (KvmException refused)
        {
            Assert.Equal(expected, refused.Errno);
        }
    }

    static void Check(VirtualMachine vm, List<Vcpu?> model, uint id)
    {
        Vcpu[] online = [.. model.OfType<Vcpu>()];
        Assert.Equal(online.Length, vm.Vcpus.Count);
        int seen = 0;
        foreach (Vcpu vcpu in vm.Vcpus)
            Assert.Same(online[seen++], vcpu);
        Assert.Equal(online.Length, seen);
        for (int index = -1; index <= model.Count; index++)
        {
            Vcpu? expected = index >= 0 && index < model.Count ? model[index] : null;
            Assert.Equal(expected is not null, vm.Vcpus.TryGet(new VcpuIndex(index), out Vcpu? found));
            Assert.Same(expected, found);
        }
        Vcpu? byId = Array.Find(online, vcpu => vcpu.Id.Value == id);
        Assert.Equal(byId is not null, vm.Vcpus.TryFind(new VcpuId(id), out Vcpu? foundById));
        Assert.Same(byId, foundById);
        foreach (Vcpu vcpu in online)
            Assert.True(vm.Vcpus.TryFind(vcpu.Id, out Vcpu? again) && ReferenceEquals(again, vcpu));
    }
}

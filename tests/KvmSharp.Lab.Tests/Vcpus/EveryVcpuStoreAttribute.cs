using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using KvmSharp.Lab.Vcpus;
using KvmSharp.Vcpus;
using Xunit.Sdk;

namespace KvmSharp.Lab.Tests.Vcpus;

/// <summary>Runs a theory once for each vCPU store, by its name; further arguments follow.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EveryVcpuStoreAttribute(params object[] arguments) : DataAttribute
{
    public object[] Arguments => arguments;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) =>
        VcpuStores.All.Select(design => (object[])[design.Name, .. arguments]);

    internal static VirtualMachine CreateMachine(string store, int maxVcpus = 1024, bool removal = false)
    {
        VcpuStoreDesign design = VcpuStores.All.Single(design => design.Name == store);
        return new VirtualMachine(new VirtualMachineOptions
        {
            VcpuStore = design,
            MaxVcpus = maxVcpus,
            MaxVcpuIds = 1 << 20,
            AllowVcpuRemoval = removal,
        });
    }
}

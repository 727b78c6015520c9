using System.Collections.Generic;
using KvmSharp.Lab.Scale;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus;

/// <summary>What a table takes on the heap, without the vCPUs themselves.</summary>
static class VcpuBytes
{
    internal static ScaleMeasure Measure(VcpuStoreDesign store, int count, VcpuNumbering numbering)
    {
        using var crowd = new VcpuCrowd(store, count, numbering);
        crowd.CreateAll();
        return ScaleMeasure.OfBytes(Of([crowd.Table.Store, .. crowd.Table.IdMaps]));
    }

    /// <summary>The bytes of a store, and of the maps of ids that are kept beside it.</summary>
    internal static long Of(params IEnumerable<object> parts) => HeapSize.OfAll(parts, typeof(Vcpu));
}

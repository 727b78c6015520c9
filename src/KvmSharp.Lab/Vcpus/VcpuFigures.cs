using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using KvmSharp.Lab.Scale;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus;

/// <summary>Sizes that proposals for KVM's table of vCPUs gave, beside those of the same designs here.</summary>
static class VcpuFigures
{
    const string Source2021 = "2021, vCPUs as an xarray";
    const string Source2017 = "2017, dynamic vCPU array";
    const int PointerBytes = 8;
    const int XarrayNodeBytes = 576;
    const int XarrayNodeEntries = 64;

    static readonly int[] _counts = [1, 2, 64, 65, 128, 288, 512, 1024];

    internal static IReadOnlyList<PublishedFigure> All()
    {
        using var crowd = new VcpuCrowd(VcpuStores.Default, _counts[^1]);
        crowd.CreateAll();
        var figures = new List<PublishedFigure>
        {
            Array(Source2021, 512, crowd),
            Array(Source2021, 1024, crowd),
            Array(Source2017, 288, crowd),
        };
        foreach (int count in _counts)
        {
            figures.Add(new(
                Source2017, Of($"array sized at creation, {count} vCPU{(count == 1 ? "" : "s")}"), "bytes", count * PointerBytes,
                BytesOf(FixedArrayOf(count), count, crowd)));
        }
        foreach (int count in _counts)
        {
            figures.Add(new(
                Source2021, Of($"xarray, {count} vCPU{(count == 1 ? "" : "s")}"), "bytes", XarrayBytes(count),
                BytesOf(Named("xarray"), count, crowd), count == 1 ? "576 before kernel 6.18" : null));
        }
        return figures;
    }

    /// <summary>As KVM's xarray takes them from kernel 6.18 on: one entry needs no node, 4,096 need two levels.</summary>
    internal static int XarrayBytes(int count) => XarrayNodeBytes * count switch
    {
        <= 1 => 0,
        <= XarrayNodeEntries => 1,
        _ => ((count + XarrayNodeEntries - 1) / XarrayNodeEntries) + 1,
    };

    static PublishedFigure Array(string source, int length, VcpuCrowd crowd) => new(
        source, Of($"array of {length}, always"), "bytes", length * PointerBytes,
        BytesOf(FixedArrayOf(length), 1, crowd), "here with the object and the array's head");

    static VcpuStoreDesign FixedArrayOf(int length) => Stores.FixedArrayStore.OfLength(length);

    static VcpuStoreDesign Named(string name) => VcpuStores.All.Single(design => design.Name == name);

    static long BytesOf(VcpuStoreDesign design, int count, VcpuCrowd crowd)
    {
        VcpuStore store = design.Create(count);
        foreach (Vcpu vcpu in crowd.Table)
        {
            if (vcpu.Index.Value < count)
                store.Add(vcpu);
        }
        return VcpuBytes.Of(store);
    }

    static string Of(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Lab.Scale;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus;

/// <summary>What each vCPU store costs as vCPUs are added.</summary>
/// <param name="stores">The stores, in the order in which they are shown.</param>
/// <param name="defaultStore">The one that a machine gets when nothing is chosen.</param>
public sealed class VcpuScale(IReadOnlyList<VcpuStoreDesign> stores, VcpuStoreDesign defaultStore) : ScaleSubject
{
    const int MostVcpus = 1 << 16;

    // Fewer are created before the readers have looked once.
    const int LeastToAdd = 64;

    const string LookupIndex = "lookup-index";
    const string LookupId = "lookup-id";
    const string LookupIdSparse = "lookup-id-sparse";
    const string LookupIdScattered = "lookup-id-scattered";
    const string Iterate = "iterate";
    const string Create = "create";
    const string HotAdd = "hot-add";
    const string Flush = "flush";
    const string Bytes = "bytes";
    const string BytesSparse = "bytes-id-sparse";

    /// <inheritdoc/>
    public override string Name => "vcpus";

    /// <inheritdoc/>
    public override string Description => "vCPUs: what finding, adding and keeping them costs with each store.";

    /// <inheritdoc/>
    public override ScaleAxis Axis { get; } = new("vcpus", 1, MostVcpus, [1, 2, 64, 65, 128, 288, 512, 1024, 4096]);

    /// <inheritdoc/>
    public override string DesignNoun => "store";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Designs { get; } = [.. stores.Select(store => store.Name)];

    /// <inheritdoc/>
    public override string DefaultDesign => defaultStore.Name;

    /// <inheritdoc/>
    public override IReadOnlyList<ScaleOperation> Operations { get; } =
    [
        new(LookupIndex, "Find vCPUs by index, in no order."),
        new(LookupId, "Find vCPUs by id, numbered as indices are."),
        new(LookupIdSparse, "Find vCPUs by id, numbered as APIC ids with gaps."),
        new(LookupIdScattered, "Find vCPUs by id, numbered at random below 2^20."),
        new(Iterate, "Visit all vCPUs: the time for each."),
        new(Create, "Create a machine's vCPUs: the time for each."),
        new(HotAdd, $"The same, while threads look vCPUs up; from {LeastToAdd} vCPUs on."),
        new(Flush, $"Flush the TLBs of up to {VcpuFlushes.MostVcpus} vCPUs, each of which runs on a thread of its own."),
        new(Bytes, "What the table takes, ids numbered as indices are."),
        new(BytesSparse, "What the table takes, ids numbered as APIC ids with gaps."),
    ];

    /// <inheritdoc/>
    public override IEnumerable<ScaleCase> Plan(ScaleSelection selection) =>
        from operation in selection.Operations
        from count in selection.Counts
        where operation != Flush || count <= VcpuFlushes.MostVcpus
        where operation != HotAdd || count >= LeastToAdd
        from variant in Variants(operation)
        from design in operation == Flush ? DesignsToFlush(selection) : selection.Designs
        let store = stores.Single(store => store.Name == design)
        where count <= store.MaxCount
        select new ScaleCase(operation, design, count, variant, Measure(operation, store, (int)count, variant));

    /// <inheritdoc/>
    public override IReadOnlyList<PublishedFigure> PublishedFigures() => VcpuFigures.All();

    // Hardly any of the time is the store's, and it is long when threads outnumber the processors: once is enough.
    IReadOnlyList<string> DesignsToFlush(ScaleSelection selection) =>
        selection.Designs.Contains(DefaultDesign) ? [DefaultDesign] : selection.Designs;

    static ScaleVariant[] Variants(string operation) =>
        operation == HotAdd ? [new(Threads: 1), new(Threads: 2)] : [default];

    static Func<ScaleClock, ScaleMeasure> Measure(
        string operation, VcpuStoreDesign store, int count, ScaleVariant variant) => operation switch
        {
            LookupIndex => clock => Look(store, count, VcpuNumbering.Dense, VcpuLookups.ByIndex, clock),
            LookupId => clock => Look(store, count, VcpuNumbering.Dense, VcpuLookups.ById, clock),
            LookupIdSparse => clock => Look(store, count, VcpuNumbering.Apic, VcpuLookups.ById, clock),
            LookupIdScattered => clock => Look(store, count, VcpuNumbering.Scattered, VcpuLookups.ById, clock),
            Iterate => clock => Look(store, count, VcpuNumbering.Dense, VcpuLookups.Iterate, clock),
            Create => clock => VcpuCreations.Alone(store, count, clock),
            HotAdd => clock => VcpuCreations.WhileReadersLook(store, count, variant.Threads!.Value, clock),
            Flush => clock => VcpuFlushes.Measure(store, count, clock),
            Bytes => _ => VcpuBytes.Measure(store, count, VcpuNumbering.Dense),
            BytesSparse => _ => VcpuBytes.Measure(store, count, VcpuNumbering.Apic),
            _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "no such operation"),
        };

    static ScaleMeasure Look(
        VcpuStoreDesign store, int count, VcpuNumbering numbering, Func<VcpuCrowd, ScaleClock, ScaleMeasure> look, ScaleClock clock)
    {
        using var crowd = new VcpuCrowd(store, count, numbering);
        crowd.CreateAll();
        return look(crowd, clock);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Lab.HyperV;

/// <summary>What each way from VP index to vCPU costs as vCPUs are added.</summary>
public sealed class VpScale : ScaleSubject
{
    const string TranslateSet = "translate-set";
    const string LookupVp = "lookup-vp";
    const string Comparisons = "comparisons";
    const string Bytes = "bytes";

    static readonly int[] _sets = [1, 8, 64, 128, 512, 1024];

    /// <inheritdoc/>
    public override string Name => "vp-index";

    /// <inheritdoc/>
    public override string Description => "Hyper-V VP indices: what translating them to vCPUs costs with each design.";

    /// <inheritdoc/>
    public override ScaleAxis Axis { get; } = new("vcpus", 1, SparseVpSet.Capacity, [128, 1024]);

    /// <inheritdoc/>
    public override string DesignNoun => "design";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Designs { get; } = [.. VpDirectories.All.Select(design => design.Name)];

    /// <inheritdoc/>
    public override string DefaultDesign => VpDirectories.Default.Name;

    /// <inheritdoc/>
    public override IReadOnlyList<ScaleOperation> Operations { get; } =
    [
        new(TranslateSet, "Find all vCPUs of a sparse set, as flush and IPI calls do."),
        new(LookupVp, "Find the vCPU of one VP index, in no order."),
        new(Comparisons, "VP indices compared or looked up to translate a set."),
        new(Bytes, "The memory that the design keeps."),
    ];

    /// <inheritdoc/>
    public override IEnumerable<ScaleCase> Plan(ScaleSelection selection)
    {
        ArgumentNullException.ThrowIfNull(selection);
        return
            from operation in selection.Operations
            from count in selection.Counts
            from shuffled in (bool[])[false, true]
            from set in SetsOf(operation, count)
            from design in selection.Designs
            select new ScaleCase(operation, design, count, new ScaleVariant(shuffled, set), clock =>
            {
                using var crowd = new VpCrowd(VpDirectories.All.Single(known => known.Name == design), (int)count, shuffled);
                return Measure(operation, crowd, set ?? 0, clock);
            });
    }

    /// <inheritdoc/>
    public override IReadOnlyList<PublishedFigure> PublishedFigures() => VpFigures.All();

    static IEnumerable<int?> SetsOf(string operation, long count) =>
        operation is TranslateSet or Comparisons ? _sets.Where(set => set <= count).Select(set => (int?)set) : [null];

    static ScaleMeasure Measure(string operation, VpCrowd crowd, int set, ScaleClock clock) => operation switch
    {
        TranslateSet => VpTranslations.Translate(crowd, set, clock),
        LookupVp => VpTranslations.Find(crowd, clock),
        Comparisons => new ScaleMeasure(Comparisons: VpTranslations.Compare(crowd, set)),
        _ => ScaleMeasure.OfBytes(HeapSize.Of(crowd.Directory, typeof(VirtualMachine))),
    };
}

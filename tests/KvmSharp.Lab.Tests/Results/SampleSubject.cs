using System.Collections.Generic;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Lab.Tests.Results;

/// <summary>A subject that no program has: what reads results may know none of them by heart.</summary>
sealed class SampleSubject : ScaleSubject
{
    public override string Name => "cabinets";

    public override string Description => "Filing cabinets: what finding a folder costs.";

    public override ScaleAxis Axis { get; } = new("folders", 1, 1000, [1, 10, 100]);

    public override string DesignNoun => "cabinet";

    public override IReadOnlyList<string> Designs { get; } =
        ["drawers", "heap", "shelf", "growable-shelf", "rolling-rack", "trunk"];

    public override string DefaultDesign => "drawers";

    public override IReadOnlyList<ScaleOperation> Operations { get; } =
        [new("find", "Find a folder."), new("file", "File a folder."), new("bytes", "What the cabinet itself weighs.")];

    public override IEnumerable<ScaleCase> Plan(ScaleSelection selection) => [];
}

namespace KvmSharp.Lab.Results;

/// <summary>What a cost is in.</summary>
public enum CostUnit
{
    /// <summary>Nanoseconds of one operation.</summary>
    Nanoseconds,

    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>Keys compared or looked up.</summary>
    Comparisons,
}

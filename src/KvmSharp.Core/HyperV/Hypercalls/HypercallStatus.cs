namespace KvmSharp.HyperV.Hypercalls;

/// <summary>How a call came out, as the guest is told.</summary>
public enum HypercallStatus : ushort
{
    /// <summary>It was done.</summary>
    Success = 0,

    /// <summary>There is no such call.</summary>
    InvalidHypercallCode = 2,

    /// <summary>The input value, the input block or something in it is not valid or cannot be read.</summary>
    InvalidHypercallInput = 3,

    /// <summary>The guest was not told of the call and is held to what it was told.</summary>
    AccessDenied = 6,
}

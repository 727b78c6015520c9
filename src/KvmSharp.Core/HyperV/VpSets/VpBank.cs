namespace KvmSharp.HyperV.VpSets;

/// <summary>A bank: the 64 VP indices that one word of a sparse set covers.</summary>
static class VpBank
{
    internal const int Shift = 6;
    internal const int Size = 1 << Shift;
    internal const uint BitMask = Size - 1;

    /// <summary>Banks that a sparse set can name.</summary>
    internal const int MaxCount = 64;
}

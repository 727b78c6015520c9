using System.Globalization;

namespace KvmSharp.HyperV.Hypercalls;

/// <summary>The result value of a hypercall: bits 0–15 the status, bits 32–43 the elements of the list that are done.</summary>
/// <param name="Value">The value.</param>
public readonly record struct HypercallResult(ulong Value)
{
    const int RepShift = 32;
    const int RepMask = 0xFFF;

    internal HypercallResult(HypercallStatus status, int repsCompleted = 0)
        : this((ulong)status | (ulong)(uint)repsCompleted << RepShift)
    {
    }

    /// <summary>How it came out.</summary>
    public HypercallStatus Status => (HypercallStatus)(ushort)Value;

    /// <summary>Elements of the list that are done.</summary>
    public int RepsCompleted => (int)(Value >> RepShift) & RepMask;

    /// <summary>The status and the elements done.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Status} reps:{RepsCompleted}");
}

using System.Globalization;

namespace KvmSharp.HyperV.Hypercalls;

/// <summary>The input value of a hypercall: which call it is, and in what form.</summary>
/// <remarks>
/// <code>
/// 63 … 60   59 … 48    47 … 44   43 … 32    31 … 27   26 … 17          16    15 … 0
/// reserved  rep start  reserved  rep count  reserved  variable header  fast  call code
/// </code>
/// The variable header is counted in words of eight bytes.
/// </remarks>
/// <param name="Value">The value.</param>
public readonly record struct HypercallInput(ulong Value)
{
    const int FastShift = 16;
    const int VariableHeaderShift = FastShift + 1;
    const int VariableHeaderBits = 10;
    const int RepCountShift = 32;
    const int RepBits = 12;
    const int RepStartShift = 48;

    const ulong Defined =
        (1UL << (VariableHeaderShift + VariableHeaderBits)) - 1
        | ((1UL << RepBits) - 1) << RepCountShift
        | ((1UL << RepBits) - 1) << RepStartShift;

    /// <summary>Which call.</summary>
    public HypercallCode Code => (HypercallCode)(ushort)Value;

    /// <summary>Whether the input is in registers.</summary>
    public bool IsFast => (Value >> FastShift & 1) != 0;

    /// <summary>Words of the variable header, 0 … 1,023.</summary>
    public int VariableHeaderWords => (int)(Value >> VariableHeaderShift) & ((1 << VariableHeaderBits) - 1);

    /// <summary>Elements of the list, 0 … 4,095.</summary>
    public int RepCount => (int)(Value >> RepCountShift) & ((1 << RepBits) - 1);

    /// <summary>The element to begin with, 0 … 4,095.</summary>
    public int RepStart => (int)(Value >> RepStartShift) & ((1 << RepBits) - 1);

    /// <summary>Whether a bit is set that must not be.</summary>
    public bool HasReservedBits => (Value & ~Defined) != 0;

    /// <summary>Makes the input value of a call.</summary>
    /// <param name="code">Which call.</param>
    /// <param name="fast">Whether the input is in registers.</param>
    /// <param name="variableHeaderWords">0 … 1,023.</param>
    /// <param name="repCount">0 … 4,095.</param>
    /// <param name="repStart">0 … 4,095.</param>
    public static HypercallInput Of(
        HypercallCode code, bool fast = false, int variableHeaderWords = 0, int repCount = 0, int repStart = 0) => new(
            (ulong)code
            | (fast ? 1UL << FastShift : 0)
            | (ulong)(uint)variableHeaderWords << VariableHeaderShift
            | (ulong)(uint)repCount << RepCountShift
            | (ulong)(uint)repStart << RepStartShift);

    /// <summary>The value in hex.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"hypercall:{Value:x}");
}

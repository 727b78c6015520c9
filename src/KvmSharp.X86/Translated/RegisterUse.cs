using KvmSharp.X86.State;

namespace KvmSharp.X86.Translated;

/// <summary>Which general registers a translation reads, and which it writes: sets of numbers, as bits.</summary>
sealed class RegisterUse
{
    /// <summary>Those that it reads or writes.</summary>
    internal int Used { get; private set; }

    /// <summary>Those that it writes.</summary>
    internal int Written { get; private set; }

    /// <summary>Notes that one is read.</summary>
    internal void Read(int register) => Used |= BitOf(register);

    /// <summary>Notes that one is written.</summary>
    internal void Write(int register)
    {
        Used |= BitOf(register);
        Written |= BitOf(register);
    }

    /// <summary>Whether a set has a register.</summary>
    internal static bool Has(int set, int register) => (set & BitOf(register)) != 0;

    static int BitOf(int register) => 1 << (register & (Register.General - 1));
}

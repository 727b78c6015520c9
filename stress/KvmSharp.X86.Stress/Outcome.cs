namespace KvmSharp.X86.Stress;

/// <summary>How it ends; the numbers are the exit codes.</summary>
enum Outcome
{
    /// <summary>Nothing was found.</summary>
    Pass = 0,

    /// <summary>A difference, an exception of the host, or a hang.</summary>
    Failure = 1,

    /// <summary>Wrong options, or no judge for what was asked.</summary>
    Inconclusive = 2,
}

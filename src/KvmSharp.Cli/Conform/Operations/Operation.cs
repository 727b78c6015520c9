using KvmSharp.Cli.Conform.Machines;

namespace KvmSharp.Cli.Conform.Operations;

/// <summary>One thing that a line of a conform file does, with its arguments.</summary>
abstract class Operation
{
    /// <summary>What a machine must have for it.</summary>
    internal virtual ConformFeature Needs => ConformFeature.None;

    /// <summary>Does it.</summary>
    /// <returns>What came of it, in the words of <see cref="Language.Outcome"/>.</returns>
    internal abstract string Run(ConformMachine machine);
}

using System.Collections.Generic;

namespace KvmSharp.Cli.Help;

/// <summary>A command whose help page has more than its options.</summary>
interface IExplained
{
    /// <summary>Headed parts that follow the options: a heading and its lines.</summary>
    IReadOnlyList<(string Heading, string[] Lines)> Parts { get; }
}

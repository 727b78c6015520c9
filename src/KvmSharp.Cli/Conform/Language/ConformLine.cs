using KvmSharp.Cli.Conform.Operations;

namespace KvmSharp.Cli.Conform.Language;

/// <summary>A line of a conform file that does something.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Text">As it stands, without a comment.</param>
/// <param name="Operation">What it does.</param>
/// <param name="Expectation">What is to come of it, in the words of <see cref="Outcome"/>; nothing when it does not say.</param>
sealed record ConformLine(int Number, string Text, Operation Operation, string? Expectation);

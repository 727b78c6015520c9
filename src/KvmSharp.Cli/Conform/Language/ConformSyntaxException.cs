using System;

namespace KvmSharp.Cli.Conform.Language;

/// <summary>A conform file says something that is not of the language.</summary>
/// <param name="column">The column, from 1.</param>
/// <param name="message">What is wrong, a clause.</param>
sealed class ConformSyntaxException(int column, string message) : Exception(message)
{
    internal int Column => column;
}

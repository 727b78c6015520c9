using System;

namespace KvmSharp.Cli.Conform;

/// <summary>A line that is of the language, but asks for what no machine can do.</summary>
sealed class ConformRunException(string message) : Exception(message);

using System;

namespace KvmSharp.Cli.Perf;

/// <summary>A test found something wrong: it has failed, not merely ended.</summary>
sealed class PerfTestException(string message) : Exception(message);

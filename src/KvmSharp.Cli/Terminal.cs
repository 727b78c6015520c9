using System;
using System.IO;

namespace KvmSharp.Cli;

/// <summary>Where a command writes, and what is on the other side.</summary>
sealed class Terminal(TextWriter output, TextWriter error)
{
    /// <summary>Results.</summary>
    internal TextWriter Out => output;

    /// <summary>What went wrong, and progress.</summary>
    internal TextWriter Error => error;

    /// <summary>What is typed, or piped in; none in a program that has no standard input.</summary>
    internal Stream? In { get; init; }

    /// <summary>Whether somebody watches the error stream.</summary>
    internal bool ShowsProgress { get; init; }

    /// <summary>Whether results may be coloured.</summary>
    internal bool ShowsColors { get; init; }

    /// <summary>Columns.</summary>
    internal int Width { get; init; } = 100;

    internal static Terminal OfProcess()
    {
        // https://no-color.org: any value but the empty one.
        bool plain = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            || Environment.GetEnvironmentVariable("TERM") == "dumb";
        bool watched = !Console.IsErrorRedirected;
        bool shown = !Console.IsOutputRedirected;
        return new Terminal(Console.Out, Console.Error)
        {
            In = Console.OpenStandardInput(),
            ShowsProgress = watched && Environment.GetEnvironmentVariable("TERM") != "dumb",
            ShowsColors = shown && !plain,
            Width = shown && Console.WindowWidth > 0 ? Math.Clamp(Console.WindowWidth, 60, 120) : 100,
        };
    }
}

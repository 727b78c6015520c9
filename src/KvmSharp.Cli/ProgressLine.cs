using System;

namespace KvmSharp.Cli;

/// <summary>
/// One line on the error stream that says how far a measurement is, when somebody watches. It is drawn between cases
/// only: a thread that drew it meanwhile would take a core from what is measured.
/// </summary>
sealed class ProgressLine(Terminal terminal, int steps)
{
    const int BarWidth = 24;
    const string EraseLine = "\r\u001b[K";

    int _done;

    internal void Begin(string what)
    {
        if (!terminal.ShowsProgress)
            return;
        int filled = steps == 0 ? 0 : BarWidth * Math.Min(_done, steps) / steps;
        string bar = new string('━', filled) + new string('╌', BarWidth - filled);
        terminal.Error.Write($"{EraseLine}{bar} {_done,3}/{steps} {what}");
        terminal.Error.Flush();
    }

    internal void Advance() => _done++;

    internal void AdvanceTo(int done) => _done = done;

    internal void Clear()
    {
        if (!terminal.ShowsProgress)
            return;
        terminal.Error.Write(EraseLine);
        terminal.Error.Flush();
    }
}

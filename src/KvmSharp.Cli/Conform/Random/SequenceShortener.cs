using System;
using System.Collections.Generic;
using System.Linq;

namespace KvmSharp.Cli.Conform.Random;

/// <summary>
/// Leaves out of a sequence what its effect does not need: halves first, then smaller and smaller pieces, down to single
/// lines of which none can be spared.
/// </summary>
static class SequenceShortener
{
    /// <param name="lines">A sequence that has the effect.</param>
    /// <param name="hasEffect">Whether another has it; called for the result last of all that have it.</param>
    internal static IReadOnlyList<string> Shorten(IReadOnlyList<string> lines, Func<IReadOnlyList<string>, bool> hasEffect)
    {
        int piece = Math.Max(1, lines.Count / 2);
        while (true)
        {
            bool shorter = false;
            for (int start = 0; start < lines.Count;)
            {
                IReadOnlyList<string> candidate = [.. lines.Take(start), .. lines.Skip(start + piece)];
                if (candidate.Count > 0 && hasEffect(candidate))
                {
                    lines = candidate;
                    shorter = true;
                }
                else
                {
                    start += piece;
                }
            }
            if (piece > 1)
                piece /= 2;
            else if (!shorter)
                return lines;
        }
    }
}

using System;
using System.Collections.Generic;
using System.Xml.Linq;
using KvmSharp.Addresses;
using KvmSharp.Lab.Reports.Markup;

namespace KvmSharp.Lab.Reports.AddressSpace;

/// <summary>
/// A slot's height in rows as thin as can be told apart, each as strong as the share of it that is covered: pages are far
/// too small to be drawn one by one, and where few are scattered it must not look as if all were covered.
/// </summary>
sealed class CoverageRows
{
    /// <summary>Strengths that a row may have; the weakest of them marks a single page.</summary>
    internal const int Strengths = 5;

    const double RowHeight = 1;

    readonly GfnRange _frames;
    readonly double _top;
    readonly double _height;
    readonly int _rows;

    /// <param name="frames">The slot's frames.</param>
    /// <param name="top">Where the slot is drawn.</param>
    /// <param name="height">How tall.</param>
    internal CoverageRows(GfnRange frames, double top, double height)
    {
        _frames = frames;
        _top = top;
        // No more rows than pages.
        _rows = (int)Math.Min(Math.Max(1, Math.Round(height / RowHeight)), frames.Count);
        _height = height;
    }

    /// <summary>Draws what is covered.</summary>
    /// <param name="covered">Parts of the slot.</param>
    /// <param name="left">Where its column begins.</param>
    /// <param name="width">How wide the column is.</param>
    /// <param name="classes">What the marks are.</param>
    internal IEnumerable<XElement> Draw(IEnumerable<GfnRange> covered, double left, double width, string classes)
    {
        int[] strengths = Array.ConvertAll(Shares(covered), StrengthOf);
        for (int row = 0; row < _rows;)
        {
            int end = row + 1;
            while (end < _rows && strengths[end] == strengths[row])
                end++;
            if (strengths[row] > 0)
            {
                double step = _height / _rows;
                yield return Svg.Rectangle(left, _top + (row * step), width, (end - row) * step,
                    $"{classes} share{strengths[row]}");
            }
            row = end;
        }
    }

    /// <summary>The share of each row that is covered.</summary>
    internal double[] Shares(IEnumerable<GfnRange> covered)
    {
        double[] shares = new double[_rows];
        double pagesPerRow = _frames.Count / (double)_rows;
        foreach (GfnRange part in covered)
        {
            GfnRange inside = part.Intersect(_frames);
            if (inside.IsEmpty)
                continue;
            double from = (inside.Start - _frames.Start) / pagesPerRow, to = (inside.End - _frames.Start) / pagesPerRow;
            for (int row = (int)from; row < _rows && row < to; row++)
                shares[row] += Math.Min(to, row + 1) - Math.Max(from, row);
        }
        return shares;
    }

    // By the root: the eye tells one page in a hundred from none more readily than ninety from a hundred.
    static int StrengthOf(double share) =>
        share <= 0 ? 0 : Math.Clamp((int)Math.Ceiling(Math.Sqrt(share) * Strengths - 1e-9), 1, Strengths);
}

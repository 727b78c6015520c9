using System.Collections.Generic;

namespace KvmSharp.Lab.Reports.Charts;

/// <summary>A line of a chart.</summary>
/// <param name="Name">What it is called where it ends.</param>
/// <param name="Style">Its colour and mark, the same all over a page.</param>
/// <param name="IsEmphasised">Whether it stands before the others.</param>
/// <param name="Points">Its points, by ascending x.</param>
sealed record Series(string Name, int Style, bool IsEmphasised, IReadOnlyList<ChartPoint> Points);

/// <summary>A point of a chart.</summary>
/// <param name="X">Across.</param>
/// <param name="Y">Up.</param>
/// <param name="Low">The lower end of its error bar.</param>
/// <param name="High">The upper end.</param>
/// <param name="Tip">What pointing at it shows.</param>
sealed record ChartPoint(double X, double Y, double Low, double High, string Tip);

using System.Collections.Generic;

namespace KvmSharp.DirtyLog;

/// <summary>
/// Enumerates the ranges of a harvest, each as long as it can be; those of a slot in order. Allocates nothing.
/// </summary>
public ref struct DirtyRanges
{
    readonly List<DirtyBacklog> _backlogs;
    int _next;
    DirtyBacklog? _backlog;
    DirtyRuns _runs;

    internal DirtyRanges(List<DirtyBacklog> backlogs) => _backlogs = backlogs;

    /// <summary>The current range.</summary>
    public readonly DirtyRange Current => new(_backlog!.Slot!, _runs.Current.FirstPage, _runs.Current.Count);

    /// <summary>This enumeration, from its start.</summary>
    public readonly DirtyRanges GetEnumerator() => new(_backlogs);

    /// <summary>Moves to the next range.</summary>
    public bool MoveNext()
    {
        while (_backlog is null || !_runs.MoveNext())
        {
            if (_next == _backlogs.Count)
                return false;
            _backlog = _backlogs[_next++];
            _runs = _backlog.Harvested.Runs;
        }
        return true;
    }

    /// <summary>Pages in all ranges.</summary>
    public readonly ulong CountPages()
    {
        ulong pages = 0;
        foreach (DirtyBacklog backlog in _backlogs)
            pages += backlog.Harvested.MarkedCount;
        return pages;
    }
}

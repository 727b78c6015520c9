using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;

namespace KvmSharp.Tests.HostMemory;

/// <summary>Writes down the invalidations that meet a watched range; other tests invalidate at the same time.</summary>
sealed class RecordingListener : IHostInvalidationListener, IDisposable
{
    readonly HvaRange[] _watched;
    readonly List<string> _events = [];

    internal RecordingListener(params HvaRange[] watched)
    {
        _watched = watched;
        HostInvalidation.Subscribe(this);
    }

    /// <summary>What is noted beside the call, as it is at that moment.</summary>
    internal Func<object>? Observe { get; init; }

    internal IReadOnlyList<string> Events => _events;

    public void BeginInvalidation(HvaRange range) => Note("begin", range);

    public void EndInvalidation(HvaRange range) => Note("end", range);

    public void Dispose() => HostInvalidation.Unsubscribe(this);

    void Note(string call, HvaRange range)
    {
        if (!Array.Exists(_watched, watched => watched.Overlaps(range)))
            return;
        lock (_events)
            _events.Add(Observe is null ? $"{call} {range}" : $"{call} {range} {Observe()}");
    }
}

using System;
using System.Runtime.ExceptionServices;
using KvmSharp.Addresses;

namespace KvmSharp.HostMemory;

/// <summary>An invalidation that has begun. Disposing it tells the end to the listeners that were told the start.</summary>
public ref struct HostInvalidationScope : IDisposable
{
    readonly HvaRange _first;
    readonly ReadOnlySpan<HvaRange> _rest;
    HostInvalidationSet? _set;

    internal HostInvalidationScope(HostInvalidationSet set, HvaRange first, ReadOnlySpan<HvaRange> rest)
    {
        _set = set;
        _first = first;
        _rest = rest;
        int begun = 0;
        try
        {
            for (; begun < CallCount; begun++)
            {
                if (TryGetCall(begun, out IHostInvalidationListener? listener, out HvaRange range))
                    listener!.BeginInvalidation(range);
            }
        }
        catch
        {
            End(begun);
            throw;
        }
    }

    readonly int CallCount => _set!.Listeners.Length * (1 + _rest.Length);

    /// <summary>Ends the invalidation, in reverse order. A second call does nothing.</summary>
    public void Dispose()
    {
        if (_set is not null)
            End(CallCount);
    }

    void End(int begun)
    {
        ExceptionDispatchInfo? failure = null;
        for (int call = begun - 1; call >= 0; call--)
        {
            // One that was alive at the start and is not now has no translations left to make.
            if (!TryGetCall(call, out IHostInvalidationListener? listener, out HvaRange range))
                continue;
            try
            {
                listener!.EndInvalidation(range);
            }
            catch (Exception exception) when (failure is null)
            {
                // Were the others not told, their vCPUs would retry for ever.
                failure = ExceptionDispatchInfo.Capture(exception);
            }
            catch (Exception)
            {
                // The first failure is the one reported.
            }
        }
        HostInvalidation.Leave(_set!);
        _set = null;
        failure?.Throw();
    }

    readonly bool TryGetCall(int call, out IHostInvalidationListener? listener, out HvaRange range)
    {
        int ranges = 1 + _rest.Length;
        int index = call % ranges;
        range = index == 0 ? _first : _rest[index - 1];
        return _set!.Listeners[call / ranges].TryGetTarget(out listener);
    }
}

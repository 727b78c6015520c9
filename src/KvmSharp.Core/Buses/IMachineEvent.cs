using System;

namespace KvmSharp.Buses;

/// <summary>A count that one side raises and the other takes, as Linux' <c>eventfd</c>.</summary>
/// <remarks>
/// Thread-safe. Raising neither blocks nor throws. What was done before it is visible to who takes the count afterwards.
/// </remarks>
public interface IMachineEvent : IDisposable
{
    /// <summary>Raises the count by one. A count that is as high as it goes stays so.</summary>
    void Raise();

    /// <summary>Takes the count: how often it was raised since it was last taken. Does not wait.</summary>
    ulong Take();

    /// <summary>Waits until the count is not zero. Does not take it.</summary>
    /// <param name="timeout">How long at most; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <returns>Whether it is not zero.</returns>
    bool Wait(TimeSpan timeout);
}

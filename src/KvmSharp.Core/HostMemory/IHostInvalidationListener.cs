using KvmSharp.Addresses;

namespace KvmSharp.HostMemory;

/// <summary>
/// Somebody who keeps translations to host memory and drops them before the memory changes, as KVM's MMU notifier
/// does.
/// </summary>
/// <remarks>
/// Called on the thread that changes the memory, possibly on several threads at once and for ranges that overlap.
/// Calls come in pairs. A listener must not throw from <see cref="EndInvalidation"/>, and must not subscribe
/// anybody from either call.
/// </remarks>
public interface IHostInvalidationListener
{
    /// <summary>
    /// The memory is about to change. When the call returns no translation into the range is in use, and none is
    /// made until the matching <see cref="EndInvalidation"/>. A listener that throws refuses the change.
    /// </summary>
    /// <param name="range">Not empty; need not meet memory the listener knows.</param>
    void BeginInvalidation(HvaRange range);

    /// <summary>The memory has changed, or the change was given up. Translations may be made again.</summary>
    /// <param name="range">The range of the matching <see cref="BeginInvalidation"/>.</param>
    void EndInvalidation(HvaRange range);
}

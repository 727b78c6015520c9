using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory.Linux;

namespace KvmSharp.HostMemory;

/// <summary>
/// A mapping of <see cref="SharedMemory"/> whose stores nobody else sees: a page is copied when it is first written. Making
/// one takes the same time however much there is.
/// </summary>
/// <remarks>
/// Pages that were not written yet follow the shared memory, which therefore is best left alone. A discard brings its
/// content back. The mapping outlives the shared memory's own.
/// </remarks>
public sealed class CopyOnWriteMemory : HostMapping
{
    CopyOnWriteMemory(HvaRange range, PortableView? view, HostMappingFeatures features)
        : base(range, view, features, HostProtection.ReadWrite)
    {
    }

    private protected override bool DiscardsByAdvice => IsLinux;

    internal static CopyOnWriteMemory Map(SharedObject shared)
    {
        HostMappingFeatures features = shared.Features & ~HostMappingFeatures.SharedBetweenProcesses;
        Hva start = shared.MapCopyOnWrite(out PortableView? view);
        return new CopyOnWriteMemory(new HvaRange(start, shared.Length), view, features);
    }

    private protected override void RequireDiscardAllowed()
    {
        if (!IsLinux)
            throw new NotSupportedException("this platform cannot undo the stores of a copy-on-write mapping");
    }

    private protected override void DiscardInvalidated(HvaRange range)
    {
        if (IsLinux)
            LinuxMemory.Discard(range);
    }
}

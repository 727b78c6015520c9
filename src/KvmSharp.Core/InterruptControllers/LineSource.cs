namespace KvmSharp.InterruptControllers;

/// <summary>Who holds an interrupt line; a pin is high while anybody does.</summary>
static class LineSource
{
    /// <summary>The machine's user, by <c>KVM_IRQ_LINE</c> and by events.</summary>
    internal const byte User = 1;

    /// <summary>Events with a resample event, until the guest has ended the interrupt.</summary>
    internal const byte Resampled = 2;
}

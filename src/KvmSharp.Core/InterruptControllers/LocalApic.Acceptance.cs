using System.Threading;
using static KvmSharp.InterruptControllers.ApicRegister;

namespace KvmSharp.InterruptControllers;

// What comes in, on any thread.
partial class LocalApic
{
    const int InitPending = 1;
    const int StartUpPending = 2;
    const int WakePending = 4;

    // Changed by anyone by Interlocked.
    int _startEvents;
    int _startVector;
    int _nonMaskable;

    /// <summary>Takes a message that is meant for it.</summary>
    /// <returns>Whether it did.</returns>
    internal bool Accept(in ApicMessage message)
    {
        bool falls = message.IsLevel && !message.IsAsserted;
        switch (message.Mode)
        {
            case DeliveryMode.Fixed or DeliveryMode.LowestPriority:
                if (falls || !IsEnabled || !IsSoftwareEnabled)
                    return false;
                // First how it was triggered: who is told of its end has to know.
                if (message.IsLevel)
                    _levelTriggered.Add(message.Vector);
                else if (_levelTriggered.Contains(message.Vector))
                    _levelTriggered.Remove(message.Vector);
                _requested.Add(message.Vector);
                break;
            case DeliveryMode.NonMaskable:
                Interlocked.Increment(ref _nonMaskable);
                break;
            case DeliveryMode.Init:
                if (falls)
                    return false;
                // What was to start it before does no more.
                Interlocked.Exchange(ref _startEvents, InitPending);
                break;
            case DeliveryMode.StartUp:
                // Pairs with TakeStartUp: who sees the event sees the vector.
                Volatile.Write(ref _startVector, message.Vector);
                Interlocked.Or(ref _startEvents, StartUpPending);
                break;
            case DeliveryMode.RemoteRead:
                Interlocked.Or(ref _startEvents, WakePending);
                break;
            default:
                return false;
        }
        // Pairs with TryEnterGuest and WaitForRequest in Vcpu: the request is made after what it is about, with full fences,
        // so the owner, who takes the request first and then looks, misses nothing.
        _vcpu.MakeRequest(EventRequest);
        return true;
    }

    /// <summary>Whether the vCPU has been sent INIT or a start-up message. For the owner.</summary>
    public bool HasStartEvents => (Volatile.Read(ref _startEvents) & (InitPending | StartUpPending)) != 0;

    /// <summary>Takes a pending INIT, which resets the APIC: the rest of the vCPU is to be reset with it.</summary>
    public bool TakeInit()
    {
        if ((Interlocked.And(ref _startEvents, ~InitPending) & InitPending) == 0)
            return false;
        Reset(isPowerOn: false);
        return true;
    }

    /// <summary>Takes a pending start-up message.</summary>
    /// <param name="page">The page in which the vCPU is to start, in real mode.</param>
    public bool TakeStartUp(out byte page)
    {
        bool taken = (Interlocked.And(ref _startEvents, ~StartUpPending) & StartUpPending) != 0;
        page = (byte)Volatile.Read(ref _startVector);
        return taken;
    }

    /// <summary>Takes a wake-up without an interrupt (<c>APIC_DM_REMRD</c>).</summary>
    public bool TakeWakeUp() =>
        (Volatile.Read(ref _startEvents) & WakePending) != 0
        && (Interlocked.And(ref _startEvents, ~WakePending) & WakePending) != 0;

    /// <summary>Makes a start-up message pending, as loaded state may have it.</summary>
    public void SetStartUp(byte page)
    {
        Volatile.Write(ref _startVector, page);
        Interlocked.Or(ref _startEvents, StartUpPending);
    }

    /// <summary>The page of the last start-up message.</summary>
    public byte StartUpPage => (byte)Volatile.Read(ref _startVector);

    /// <summary>Takes the non-maskable interrupts that came.</summary>
    public int TakeNonMaskable() => Volatile.Read(ref _nonMaskable) == 0 ? 0 : Interlocked.Exchange(ref _nonMaskable, 0);

    // What an entry of the local vector table says is to happen.
    void Deliver(int register)
    {
        uint entry = Read(register);
        if (IsEnabled && (entry & Masked) == 0)
            Accept(ApicMessage.OfCommand(entry, 0) with { IsAsserted = true });
    }
}

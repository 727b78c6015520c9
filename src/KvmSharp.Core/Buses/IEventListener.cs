namespace KvmSharp.Buses;

/// <summary>Hears of an event in place of who would wait for it.</summary>
interface IEventListener
{
    /// <summary>The event was raised, once or more often. Called on the thread that raised it.</summary>
    void Raised();
}

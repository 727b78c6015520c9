using System.Threading;

namespace KvmSharp.Litmus.Removal;

/// <summary>Broken: the number is given away without waiting for whoever has found its vCPU.</summary>
sealed class HastyNumber() : NumberRace("copy, no waiting", isBroken: true)
{
    object? _entry = new();

    protected override void Replace()
    {
        Volatile.Write(ref _entry, null);
        Volatile.Write(ref _entry, new object());
    }

    protected override (object? First, object? Second) LookTwice(int work)
    {
        object? first = Volatile.Read(ref _entry);
        Work.Do(work);
        return (first, Volatile.Read(ref _entry));
    }
}

using System.Numerics;
using System.Threading;

namespace KvmSharp.Vcpus.Raw;

/// <summary>An atomic operation as a type, so that the JIT compiles each use without a call or a branch.</summary>
interface IAtomicOperation
{
    /// <summary>Does it, and gives what was there.</summary>
    static abstract T Apply<T>(ref T location, T value, T comparand)
        where T : unmanaged, IBinaryInteger<T>;
}

readonly struct ExchangeOperation : IAtomicOperation
{
    public static T Apply<T>(ref T location, T value, T comparand)
        where T : unmanaged, IBinaryInteger<T> => Interlocked.Exchange(ref location, value);
}

readonly struct CompareExchangeOperation : IAtomicOperation
{
    public static T Apply<T>(ref T location, T value, T comparand)
        where T : unmanaged, IBinaryInteger<T> => Interlocked.CompareExchange(ref location, value, comparand);
}

/// <summary>A new value computed from the old one, retried until nobody came between.</summary>
interface IUpdate
{
    static abstract T Update<T>(T old, T value)
        where T : unmanaged, IBinaryInteger<T>;
}

readonly struct UpdateOperation<TUpdate> : IAtomicOperation
    where TUpdate : struct, IUpdate
{
    public static T Apply<T>(ref T location, T value, T comparand)
        where T : unmanaged, IBinaryInteger<T>
    {
        T seen = location;
        while (true)
        {
            T witness = Interlocked.CompareExchange(ref location, TUpdate.Update(seen, value), seen);
            if (witness == seen)
                return seen;
            seen = witness;
        }
    }
}

readonly struct AddUpdate : IUpdate
{
    public static T Update<T>(T old, T value)
        where T : unmanaged, IBinaryInteger<T> => unchecked(old + value);
}

readonly struct AndUpdate : IUpdate
{
    public static T Update<T>(T old, T value)
        where T : unmanaged, IBinaryInteger<T> => old & value;
}

readonly struct OrUpdate : IUpdate
{
    public static T Update<T>(T old, T value)
        where T : unmanaged, IBinaryInteger<T> => old | value;
}

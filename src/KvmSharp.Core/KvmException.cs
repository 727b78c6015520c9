using System;

namespace KvmSharp;

/// <summary>A call was refused: KVM's error code, the call, and the check that failed with its values.</summary>
/// <remarks>Nothing was changed. Calls whose refusal is expected have a <c>Try…</c> form, which allocates nothing.</remarks>
public sealed class KvmException : InvalidOperationException
{
    /// <summary>Makes the exception for a refused call.</summary>
    /// <param name="operation">The call, by the name of its ioctl where it has one.</param>
    /// <param name="errno">KVM's error code.</param>
    /// <param name="check">The check that failed, with its values in hex.</param>
    public KvmException(string operation, KvmErrno errno, string check)
        : base($"{operation}: {errno}: {check}")
    {
        Operation = operation;
        Errno = errno;
    }

    /// <summary>The call, by the name of its ioctl where it has one.</summary>
    public string Operation { get; }

    /// <summary>KVM's error code.</summary>
    public KvmErrno Errno { get; }
}

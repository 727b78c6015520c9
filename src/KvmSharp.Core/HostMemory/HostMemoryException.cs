using System.Globalization;
using System.IO;

namespace KvmSharp.HostMemory;

/// <summary>The host refused a call about memory.</summary>
public sealed class HostMemoryException : IOException
{
    internal HostMemoryException(string operation, int errno, string values)
        : base(string.Create(
            CultureInfo.InvariantCulture, $"{operation}({values}) failed: {Linux.Errno.NameOf(errno)} ({errno})"))
    {
        Operation = operation;
        Errno = errno;
    }

    /// <summary>The call as its manual page names it.</summary>
    public string Operation { get; }

    /// <summary>The host's error number.</summary>
    public int Errno { get; }
}

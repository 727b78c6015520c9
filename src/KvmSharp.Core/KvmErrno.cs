namespace KvmSharp;

/// <summary>The error codes that KVM's calls return, by their Linux names and numbers.</summary>
public enum KvmErrno
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>The call was interrupted.</summary>
    EINTR = 4,

    /// <summary>The machine is dead, or an impossible state was found.</summary>
    EIO = 5,

    /// <summary>Try again.</summary>
    EAGAIN = 11,

    /// <summary>There is not enough memory.</summary>
    ENOMEM = 12,

    /// <summary>Memory that the call needs cannot be reached.</summary>
    EFAULT = 14,

    /// <summary>The thing is in use.</summary>
    EBUSY = 16,

    /// <summary>Something is there already.</summary>
    EEXIST = 17,

    /// <summary>An argument is not valid.</summary>
    EINVAL = 22,

    /// <summary>No number is left to give.</summary>
    ENOSPC = 28,

    /// <summary>There is no such thing.</summary>
    ENOENT = 2,
}

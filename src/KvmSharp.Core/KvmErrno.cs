namespace KvmSharp;

/// <summary>The error codes that KVM's calls return, by their Linux names and numbers.</summary>
public enum KvmErrno
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>The host does not permit it.</summary>
    EPERM = 1,

    /// <summary>There is no such thing.</summary>
    ENOENT = 2,

    /// <summary>The call was interrupted.</summary>
    EINTR = 4,

    /// <summary>The machine is dead, or an impossible state was found.</summary>
    EIO = 5,

    /// <summary>The machine is not set up for it.</summary>
    ENXIO = 6,

    /// <summary>There is too much of it.</summary>
    E2BIG = 7,

    /// <summary>It is not an open descriptor.</summary>
    EBADF = 9,

    /// <summary>Try again.</summary>
    EAGAIN = 11,

    /// <summary>There is not enough memory.</summary>
    ENOMEM = 12,

    /// <summary>The user has no permission.</summary>
    EACCES = 13,

    /// <summary>Memory that the call needs cannot be reached.</summary>
    EFAULT = 14,

    /// <summary>The thing is in use.</summary>
    EBUSY = 16,

    /// <summary>Something is there already.</summary>
    EEXIST = 17,

    /// <summary>There is no such device.</summary>
    ENODEV = 19,

    /// <summary>An argument is not valid.</summary>
    EINVAL = 22,

    /// <summary>The host has no more descriptors.</summary>
    ENFILE = 23,

    /// <summary>The process has no more descriptors.</summary>
    EMFILE = 24,

    /// <summary>There is no such call.</summary>
    ENOTTY = 25,

    /// <summary>No number is left to give.</summary>
    ENOSPC = 28,

    /// <summary>The host has no such call.</summary>
    ENOSYS = 38,

    /// <summary>It is not supported.</summary>
    EOPNOTSUPP = 95,

    /// <summary>The memory is broken.</summary>
    EHWPOISON = 133,
}

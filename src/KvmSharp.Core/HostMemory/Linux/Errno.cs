namespace KvmSharp.HostMemory.Linux;

/// <summary>The error numbers that calls about memory return.</summary>
static class Errno
{
    internal const int EINTR = 4;
    internal const int EINVAL = 22;

    internal static string NameOf(int errno) => errno switch
    {
        1 => "EPERM",
        2 => "ENOENT",
        EINTR => "EINTR",
        5 => "EIO",
        9 => "EBADF",
        11 => "EAGAIN",
        12 => "ENOMEM",
        13 => "EACCES",
        14 => "EFAULT",
        16 => "EBUSY",
        19 => "ENODEV",
        EINVAL => "EINVAL",
        23 => "ENFILE",
        24 => "EMFILE",
        26 => "ETXTBSY",
        27 => "EFBIG",
        28 => "ENOSPC",
        29 => "ESPIPE",
        30 => "EROFS",
        38 => "ENOSYS",
        75 => "EOVERFLOW",
        95 => "EOPNOTSUPP",
        _ => "errno",
    };
}
